"""Run emitted source: the module that `build` returns is the one that the text says."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from hashlib import sha256
from threading import RLock
from types import ModuleType
from typing import Any, SupportsIndex
from weakref import WeakValueDictionary, finalize

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from archcompiler.backends.pytorch.capacity import check_capacity
from archcompiler.backends.pytorch.source import Source, source
from archcompiler.backends.pytorch.weights import load_weights
from archcompiler.graph.ir import Graph


def build_module(
    graph: Graph,
    *,
    weights: Mapping[str, Tensor] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    seed: int | None = None,
    partial: bool = False,
) -> nn.Module:
    """Return the module of a graph, initialised, or with `weights` copied into it.

    The weights' names and shapes must match; with `partial` those that fit are taken, and the others initialised. What
    became of them is the module's `weights_report`.
    Without a `device` it is PyTorch's default one. With a `seed` the same weights come out each time, and the caller's
    random state is left alone. On `meta` nothing is allocated, initialised or copied; names and shapes are compared.
    Raises TooLargeError, before anything is allocated, where the parameters do not fit.
    """
    place = torch.get_default_device() if device is None else torch.device(device)
    if place.type != "meta":
        check_capacity(graph, place, dtype)
    with torch.inference_mode(False):  # a module outlives the caller's mode, and may be trained
        module = allocated(graph, place)
        if dtype is not None:
            module.to(dtype)
        if place.type != "meta" and (weights is None or partial):
            with _random_state(seed, place):
                module.init_weights()  # type: ignore[operator]  # emitted with every network
        if weights is not None:
            module.weights_report = load_weights(module, weights, partial=partial)  # type: ignore[assignment]  # no tensor
    return module


def allocated(graph: Graph, device: torch.device | str) -> nn.Module:
    """Return the module of a graph with parameters allocated and not filled: for whoever fills or never reads them."""
    code = source(graph)
    with _Allocate(torch.device(device)):
        return _compiled(code).network(init_weights=False)


_FACTORIES = frozenset({torch.empty, torch.zeros, torch.ones, torch.tensor})
_RANDOM_FILLS = frozenset({Tensor.normal_, Tensor.uniform_})
_FILLS = _RANDOM_FILLS | {Tensor.fill_, Tensor.zero_}


class _Allocate(TorchFunctionMode):
    """Make the layers' tensors on a device and leave out random fills: one later pass initialises them.

    Only this thread's calls inside the `with` are affected. Constants are filled as ever, buffers among them, except
    on meta, where there is nothing to fill. Some of `torch.nn.init`'s functions are seen here themselves, some only
    by the method that they end in.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self._device = device
        self._skipped: frozenset[Any] = _FILLS if device.type == "meta" else _RANDOM_FILLS

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in self._skipped or getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        if func in _FACTORIES and kwargs.get("device") is None:
            kwargs["device"] = self._device
        return func(*args, **kwargs)


@contextmanager
def _random_state(seed: int | None, device: torch.device) -> Iterator[None]:
    """Draw from a seed, if there is one, and leave the caller's generators as they were."""
    if seed is None:
        yield
        return
    accelerator = None if device.type == "cpu" else torch.get_device_module(device)
    devices = [device.index if device.index is not None else accelerator.current_device()] if accelerator else []
    with torch.random.fork_rng(devices, device_type=device.type if accelerator else "cuda"):
        torch.default_generator.manual_seed(seed)
        if accelerator:
            accelerator.manual_seed(seed)
        yield


class _Compiled:
    """The classes of one source. Each class holds on to it, so that it lives as long as any instance does."""

    def __init__(self, code: Source) -> None:
        digest = sha256(code.text.encode()).hexdigest()[:12]
        filename = f"<archcompiler {code.class_name} {digest}>"
        lines = linecache.cache[filename] = (len(code.text), None, code.text.splitlines(keepends=True), filename)
        finalize(self, _forget, linecache.cache, filename, lines)
        scope: dict[str, Any] = {"__name__": f"archcompiler.compiled.{code.class_name}_{digest}"}
        sys.modules[scope["__name__"]] = shell = ModuleType(scope["__name__"])  # it holds no class: only instances do
        shell.__file__ = filename  # where `inspect.getsource` looks for a class
        finalize(self, _forget, sys.modules, scope["__name__"], shell)
        exec(compile(code.text, filename, "exec"), scope)
        self.code = code
        self.classes: dict[str, type[nn.Module]] = {
            name: value
            for name, value in scope.items()
            if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == scope["__name__"]
        }
        for cls in self.classes.values():
            cls.__reduce_ex__ = _reducer(self)  # type: ignore[method-assign, assignment]  # our own class

    @property
    def network(self) -> type[nn.Module]:
        """The class of the whole network."""
        return self.classes[self.code.class_name]


def _forget(known: MutableMapping[str, Any], name: str, value: object) -> None:
    """Remove what is known under a name, unless the same source has been run anew since."""
    if known.get(name) is value:
        del known[name]


_COMPILED: WeakValueDictionary[str, _Compiled] = WeakValueDictionary()
_LOCKS: dict[int, RLock] = {}
"""By process: a fork while another thread holds the lock leaves the child with one of its own."""


def _compiled(code: Source) -> _Compiled:
    """Run source once, in whatever threads; tracebacks and debuggers find its lines through linecache."""
    with _LOCKS.setdefault(os.getpid(), RLock()):
        found = _COMPILED.get(code.text)
        if found is None:
            found = _COMPILED[code.text] = _Compiled(code)
        return found


def _reducer(compiled: _Compiled) -> Callable[[nn.Module, SupportsIndex], str | tuple[Any, ...]]:
    """Return the method that pickles an instance as its class's source, that class's name and the instance's state."""

    def reduce_ex(self: nn.Module, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        cls = type(self)
        if compiled.classes.get(cls.__name__) is not cls:  # somebody's subclass: found by import, as any class
            return super(nn.Module, self).__reduce_ex__(protocol)
        return _restore, (compiled.code.text, compiled.code.class_name, cls.__name__), self.__dict__

    return reduce_ex


def _restore(text: str, network: str, name: str) -> nn.Module:
    """Return an instance without state, of a class whose source came with the pickle."""
    cls = _compiled(Source(text, network)).classes[name]
    return cls.__new__(cls)
