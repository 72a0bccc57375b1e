"""From role to module path: the `names` table of a spec, and the names that no module may have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from functools import cached_property

from archcompiler.graph.ir import Body, Call, CallKind, Node, Part, PartKind
from archcompiler.graph.ops.base import Kernel
from archcompiler.tree import Mapping, Scalar
from archcompiler.tree import Sequence as List

BLOCK_PATH = "{stage}.{block}"
TRANSITION_PATH = "{stage}_transition"
REGISTERED, REGISTERED_FIRST = "registered", "registered_first"
REPARAMETERIZED = ".reparameterized"
"""What stands behind a role in the key that says where its layer stands once others are folded into it."""
COUNTER = re.compile(r"\{([a-z_]+)(?::([a-z0-9_]+))?(?:\+([0-9]{1,9}))?\}")
"""A counter in a path: its name, the word of those that share a slot, and what is added to the number."""

# The attributes of torch.nn's Module, Sequential and ModuleDict, and the emitted `init_weights`: a child of such a name
# would hide them. A test holds the list against PyTorch.
MODULE_ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        """T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu cuda
        double dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter
        get_submodule half init_weights insert ipu items keys load_state_dict modules mtia named_buffers
        named_children named_modules named_parameters parameters pop register_backward_hook register_buffer
        register_forward_hook register_forward_pre_hook register_full_backward_hook
        register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
        register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
        requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type
        update values weights_report xpu zero_grad _apply _backward_hooks _backward_pre_hooks _buffers _call_impl
        _compiled_call_impl _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs
        _forward_pre_hooks _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks
        _get_item_by_idx _get_name _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks
        _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules _named_members
        _non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook _register_state_dict_hook
        _replicate_for_data_parallel _save_to_state_dict _slow_forward _state_dict_hooks
        _state_dict_pre_hooks _version _wrapped_call_impl""",
    )
)


_Tables = tuple[str, ...]
"""What stands in front of a role in the keys that may name it, the most particular first."""
_Levels = tuple[tuple[str, _Tables], ...]
"""A role in its body, and in each block inside a block that it is of, with the tables for each."""


@dataclass(frozen=True, slots=True)
class Said:
    """A path with its counters, and the keys of the table that say it, that of the innermost block last."""

    path: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Where a body and each of its nodes stand, and the numbers of the nodes in order of registration.

    `reparameterized` say where nodes stand once others are folded into them; empty where the table has no word of any.
    """

    body: Said
    nodes: tuple[Said, ...]
    registered: tuple[int, ...]
    reparameterized: tuple[Said, ...]

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths of the nodes, with their counters."""
        return tuple(said.path for said in self.nodes)

    @cached_property
    def is_numbered(self) -> bool:
        """Whether a node has a counter in its path."""
        return any("{" in path for path in self.paths)


class NameTable:
    """The module path of every role, and the order in which modules are registered.

    A role is looked for in what the table says of its stage, then of its kind of block, then of all blocks; one that is
    nowhere is its own path. A layer of a block inside a block stands below the path of that block's step, where the
    table of its own kind of block says.

    `{slot}` numbers what stands under one path in the order in which it runs, over the whole network: each part is
    asked for once. `asked` are the keys that were looked for, `used` those that say something. A role in a list under
    a key counts as a key of its own, `KEY ROLE`.
    """

    def __init__(self, names: Mapping, stages: Sequence[str]) -> None:
        values = {key: entry.value for key, entry in names.entries.items()}
        self._paths = {key: str(value.value) for key, value in values.items() if isinstance(value, Scalar)}
        self._reparameterizes = any(key.endswith(REPARAMETERIZED) for key in self._paths)
        self._orders = {key: [*_words(value)] for key, value in values.items() if isinstance(value, List)}
        first = self._paths.pop(REGISTERED_FIRST, None)
        self._first = {first: REGISTERED_FIRST} if first else {}
        self._stages = {stage: index for index, stage in enumerate(stages)}
        said = [*self._paths, *self._orders]
        self._tells_stages_apart = any(key.startswith("stages.") for key in said)
        self._layouts: dict[tuple[CallKind, str, tuple[str, ...], tuple[tuple[str, str], ...]], Layout] = {}
        self._slots: Counter[str] = Counter()
        self._shared: dict[tuple[str, str | None, object], int] = {}
        self._calls = 0
        self.asked: set[str] = set()
        self.used: set[str] = set()

    def part(self, kind: PartKind, name: str, recorded: Iterable[tuple[CallKind, Body]]) -> Part:
        """Return a part of a network with what was recorded for it, in the order in which it runs."""
        calls: list[Call] = []
        blocks = 0
        for call, body in recorded:
            calls.append(self._call(call, name if kind == "stage" else "", blocks, body))
            blocks += call == "block"
        order = self._order((f"stages.{name}.", "")) if kind == "stage" else {}
        ranks = [self._rank(call.kind, order) for call in calls]
        return Part(kind, name, tuple(calls), _sorted(ranks))

    def layout(self, kind: CallKind, stage: str, body: Body) -> Layout:
        """Return where a body of a stage, or of the stem or head, and its nodes stand."""
        stage = stage if self._tells_stages_apart else ""
        key = (kind, stage, body.roles, tuple(body.blocks.items()))
        if key not in self._layouts:
            nodes = [_levels(role, kind, stage, body.blocks) for role in body.roles]
            said = tuple(self._node(levels) for levels in nodes)
            folded = body.nodes if self._reparameterizes else ()
            others = tuple(self._reparameterized(node, kind, stage, body) for node in folded)
            self._layouts[key] = Layout(self._body(kind, stage, body), said, self._registered(nodes), others)
        return self._layouts[key]

    def _call(self, kind: CallKind, stage: str, block: int, body: Body) -> Call:
        found = self.layout(kind, stage, body)
        self._calls += 1
        path = self._numbered(found.body.path, "", stage, self._counters(kind, stage, block))
        paths = found.paths
        if found.is_numbered:
            paths = tuple(self._numbered(each, path, self._calls, {}) for each in paths)
        reparameterized = tuple(self._numbered(said.path, path, self._calls, {}) for said in found.reparameterized)
        return Call(body, path, kind, paths, found.registered, reparameterized)

    def _body(self, kind: CallKind, stage: str, body: Body) -> Said:
        if kind == "block":
            own = (f"blocks.{body.blocks['']}", "block")
            return self._said((*(f"stages.{stage}.{key}" for key in own if stage), *own), BLOCK_PATH)
        if kind == "transition":
            of_stage = (f"stages.{stage}.transition",) if stage else ()
            return self._said((*of_stage, "transition"), TRANSITION_PATH)
        return Said("")

    def _node(self, levels: _Levels) -> Said:
        (role, tables), *inner = levels
        if not role:
            return Said("")
        keys = [f"{table}{role}" for table in tables]
        if not inner or not self._paths.keys().isdisjoint(keys):
            return self._said(keys, f"{tables[-1]}{role}")
        outer = self._node(((role.removesuffix(f".{inner[0][0]}"), tables),))
        within = self._node(tuple(inner))
        return Said(f"{outer.path}.{within.path}", outer.keys + within.keys)

    def _reparameterized(self, node: Node, kind: CallKind, stage: str, body: Body) -> Said:
        """Return where a layer stands once others are folded into it; an empty path where the table does not say."""
        if not isinstance(node.op.affine_form(), Kernel):
            return Said("")
        said = self._node(_levels(f"{node.role}{REPARAMETERIZED}", kind, stage, body.blocks))
        return said if said.keys and said.keys[-1].endswith(REPARAMETERIZED) else Said("")

    def _said(self, keys: Iterable[str], default: str) -> Said:
        """Return the path of the first of some keys that has one."""
        self.asked.update(keys)
        key = next((key for key in keys if key in self._paths), None)
        if key is None:
            return Said(default)
        self.used.add(key)
        return Said(self._paths[key], (key,))

    def _registered(self, nodes: list[_Levels]) -> tuple[int, ...]:
        """Return the numbers of nodes in order of registration; the layers of a block inside a block stay together."""
        if not (self._orders or self._first):
            return tuple(range(len(nodes)))
        starts: dict[str, int] = {}
        places: list[list[int]] = []
        for number, levels in enumerate(nodes):
            place: list[int] = []
            for depth, (role, tables) in enumerate(levels, 1):
                inside = [role for role, _ in levels[depth : depth + 1]]
                start = starts.setdefault(levels[0][0].removesuffix(inside[0]), number) if inside else number
                place += [self._rank(role, self._order(tables)), start]
            places.append(place)
        return _sorted(places)

    def _order(self, tables: _Tables) -> dict[str, str]:
        """Return the roles that are registered before others, in order, each with the key that says so."""
        key = next((f"{table}{REGISTERED}" for table in tables if f"{table}{REGISTERED}" in self._orders), "")
        said = {role: f"{key} {role}" for role in self._orders.get(key, ())}
        return said if tables[-1] else {**self._first, **said}

    def _rank(self, role: str, order: Map[str, str]) -> int:
        for rank, (first, key) in enumerate(order.items()):
            if role == first or role.startswith(f"{first}."):
                self.used.add(key)
                return rank
        return len(order)

    def _counters(self, kind: CallKind, stage: str, block: int) -> dict[str, str | int]:
        """Return the counters that the path of a block or transition has beside the slot."""
        index = self._stages.get(stage, 0)
        of_stage: dict[str, str | int] = {"stage": stage, "stage_index": index, "stage_number": index + 1}
        return {**of_stage, "block": block, "block_number": block + 1} if kind == "block" else of_stage

    def _numbered(self, path: str, below: str, scope: object, counters: Map[str, str | int]) -> str:
        """Return a path with a number for each counter that it has; others stay."""
        if "{" not in path:
            return path
        result, end = "", 0
        for match in COUNTER.finditer(path):
            result += path[end : match.start()]
            end = match.end()
            name, word, more = match.groups()
            value = counters.get(name) if word is None else None
            if name == "slot":
                value = self._slot(f"{below}.{result}" if below else result, word, scope)
            if isinstance(value, int):
                value = str(value + int(more or 0))
            result += match[0] if value is None or (more and not value.isdigit()) else value
        return result + path[end:]

    def _slot(self, parent: str, word: str | None, scope: object) -> int:
        """Return the next number under a path; what says a word takes that of the first in its scope which says it."""
        key = (parent, word, scope)
        if word is None or key not in self._shared:
            self._shared[key] = self._slots[parent]
            self._slots[parent] += 1
        return self._shared[key]


def _levels(role: str, kind: CallKind, stage: str, blocks: Map[str, str]) -> _Levels:
    """Return a role in its body, and in each block inside a block that it is of."""
    inside = [(step, block) for step, block in sorted(blocks.items()) if step and role.startswith(f"{step}.")]
    inner = [(role[len(step) + 1 :], _tables("block", stage, block)) for step, block in inside]
    return ((role, _tables(kind, stage, blocks.get("", ""))), *inner)


def _tables(kind: CallKind, stage: str, block: str) -> _Tables:
    if kind in ("stem", "head"):
        return (f"{kind}.",)
    own = f"blocks.{block}." if kind == "block" else f"{kind}."
    return (f"stages.{stage}.{own}", f"stages.{stage}.", own, "") if stage else (own, "")


def _words(node: List) -> Iterator[str]:
    return (str(item.value) for item in node.items if isinstance(item, Scalar))


def _sorted(places: Sequence[int] | Sequence[list[int]]) -> tuple[int, ...]:
    return tuple(sorted(range(len(places)), key=places.__getitem__))
