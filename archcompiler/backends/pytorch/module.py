"""Run emitted source: the module that `build` returns is the one that the text says."""

from __future__ import annotations

import copyreg
import linecache
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

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

    The weights' names and shapes must match; with `partial` those that fit are taken, and the others initialised.
    With a `seed` the same weights come out each time, and the caller's random state is left alone. On `meta` nothing
    is allocated or initialised.
    """
    module = allocated(graph, "cpu" if device is None else device)
    if dtype is not None:
        module.to(dtype)
    if weights is not None and not partial:
        load_weights(module, weights, partial=False)
        return module
    if torch.device(device or "cpu").type != "meta":
        with _random_state(seed):
            module.init_weights()  # type: ignore[operator]  # emitted with every network
    if weights is not None:
        load_weights(module, weights, partial=True)
    return module


def allocated(graph: Graph, device: torch.device | str) -> nn.Module:
    """Return the module of a graph with parameters allocated and not filled: for whoever fills or never reads them."""
    code = source(graph)
    with _Allocate(torch.device(device)):
        return _classes(code)[code.class_name](init_weights=False)


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
def _random_state(seed: int | None) -> Iterator[None]:
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        yield


@lru_cache(maxsize=64)
def _classes(code: Source) -> dict[str, type[nn.Module]]:
    """Run source once and return its modules' classes; tracebacks and debuggers find its lines through linecache."""
    digest = sha256(code.text.encode()).hexdigest()[:12]
    filename = f"<archcompiler {code.class_name} {digest}>"
    linecache.cache[filename] = (len(code.text), None, code.text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"__name__": f"archcompiler.compiled.{code.class_name}_{digest}"}
    exec(compile(code.text, filename, "exec"), scope)
    classes = {
        name: value
        for name, value in scope.items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == scope["__name__"]
    }
    for cls in classes.values():
        copyreg.pickle(cls, _Reducer(code))
    return classes


class _Reducer:
    """Pickle an instance as the source of its class, that class's name and the instance's state."""

    def __init__(self, code: Source) -> None:
        self._code = code

    def __call__(self, module: nn.Module) -> tuple[Any, ...]:
        arguments = (self._code.text, self._code.class_name, type(module).__name__)
        return _restore, arguments, module.__dict__


def _restore(text: str, network: str, name: str) -> nn.Module:
    """Return an instance without state, of a class whose source came with the pickle."""
    cls = _classes(Source(text, network))[name]
    return cls.__new__(cls)
