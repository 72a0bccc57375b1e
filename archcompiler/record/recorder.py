"""Run a block function once, on numbers, and keep what it did: shapes fall out while it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Node
from archcompiler.graph.named import UNNAMED, Expression, Named, NamedFloat, expression_of, names_of, substitute
from archcompiler.graph.ops import Form, Op, Shape
from archcompiler.graph.shape import TF_SAME, Padding, Sides, sides
from archcompiler.graph.shape import shape_text as shape_text
from archcompiler.limits import current, mend
from archcompiler.record.fault import ShapeFault, near_divisors, near_multiples
from archcompiler.record.fields import Fields
from archcompiler.tree import Plain

NORMS: dict[str, type[ops.Norm]] = {
    "batch": ops.BatchNorm,
    "group": ops.GroupNorm,
    "layer": ops.LayerNorm,
    "instance": ops.InstanceNorm,
    "rms": ops.RMSNorm,
    "simple": ops.SimpleNorm,
    "response": ops.ResponseNorm,
    "evo": ops.EvoNorm,
    "filter_response": ops.FilterResponseNorm,
}
"""The op of each norm of the language."""
Blame = Callable[[ShapeFault], None]
_ROUND_ALIKE = "make both round alike: `padding: same`, `subsample: slice`, `shortcut: projection`, or an even map"


@dataclass(frozen=True, slots=True)
class Value:
    """What an op computed."""

    index: int
    shape: Shape
    last: bool = False
    """Whether the channels of a map stand behind its rows and columns."""

    @property
    def form(self) -> Form:
        """Whether it is a vector, or a map and of which layout."""
        return "vector" if len(self.shape) == 1 else "channels-last map" if self.last else "map"

    @property
    def channels(self) -> int:
        """The channels of a map, or the features of a vector."""
        return self.shape[-1] if self.last else self.shape[0]


def _no_blame(fault: ShapeFault) -> None:
    """Leave a fault as it is: nothing runs that could be to blame."""


DEEPEST = 60
"""Steps within steps, those of blocks inside blocks counted: each level takes some of Python's stack."""


class TooManySteps(Exception):
    """Steps that have no end in sight, and how that is mended."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message, self.help = message, help


class Recorder:
    """The primitives that a block function calls. Each takes the role that the names table turns into a path.

    What does not fit is noted in `faults`, and recording goes on with the shape that was meant. `blocks` gets the kinds
    of the blocks that are recorded, by the role that stands in front of those of their layers.
    """

    def __init__(self, shape: Shape, arguments: Mapping[str, int | float]) -> None:
        self._nodes: list[Node] = []
        self._adjectives: list[str] = []
        self._aliases: dict[str, str] = {}
        self._arguments: dict[str, int | float] = dict(arguments)
        self._derived: dict[str, Expression] = {}
        self.blame: Blame = _no_blame
        """What says which values of a spec a fault is of: the step that is running."""
        self._blames: list[Blame] = []
        """What to blame for each node."""
        self.faults: list[ShapeFault] = []
        self.blocks: dict[str, str] = {}
        self.steps = 0
        self._depth = 0
        self.input = Value(0, shape)

    def refuse(self, fault: ShapeFault) -> None:
        """Note a fault: the first of each code, and no shortcut that misfits because the map before it was a guess."""
        codes = {found.code for found in self.faults}
        if any(found.hides_later for found in self.faults):
            return
        if fault.code not in codes and not (fault.code == "G002" and codes & {"G003", "G004", "G006"}):
            self.blame(fault)
            self.faults.append(fault)

    def enter_steps(self) -> None:
        """Say that steps within steps begin, until `leave_steps`; TooManySteps where they are too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            message = f"steps stand within steps, those of blocks inside counted, more than {DEEPEST} deep"
            raise TooManySteps(message, "say the steps one behind the other")

    def leave_steps(self) -> None:
        """Say that steps within steps end."""
        self._depth -= 1

    def count_step(self) -> None:
        """Count one step; TooManySteps beyond the limit."""
        self.steps += 1
        if self.steps > (limit := current().steps):
            message = f"the steps that run here, every turn of a repeat counted, are more than {limit:,}"
            raise TooManySteps(message, mend("steps"))

    def derivation(self, number: int) -> Expression:
        """Return the expression of a number, with what `let` named written out."""
        return substitute(expression_of(number), self._derived)

    def leave(self, left: Value) -> None:
        """End with what leaves. Pieces that nothing reads are dropped; any other node that nothing reads is refused."""
        unread = self._unread(left)
        refused = [number for number in unread if not isinstance(self._nodes[number - 1].op, ops.Narrow)]
        if left.last:
            message = f"the channels-last map {shape_text(left.shape)} leaves, where a map has to"
            self.refuse(ShapeFault("G013", message, (), "end with `permute: first`"))
        elif refused and not self.faults:
            self.blame, node = self._blames[refused[0] - 1], self._nodes[refused[0] - 1]
            message = f"nothing reads the {shape_text(node.shape)} that {node.role or node.op.name} gives"
            self.refuse(ShapeFault("G014", message, (), "read it in a step behind, or leave the step out"))
        elif unread:
            self._drop(frozenset(unread))

    def _unread(self, left: Value) -> list[int]:
        numbers = range(1, len(self._nodes) + 1)
        read = {left.index}
        for number in reversed(numbers):
            if number in read:
                read.update(self._nodes[number - 1].inputs)
        return [number for number in numbers if number not in read]

    def _drop(self, unread: frozenset[int]) -> None:
        kept = [0, *(number for number in range(1, len(self._nodes) + 1) if number not in unread)]
        moved = {old: new for new, old in enumerate(kept)}
        nodes = (self._nodes[number - 1] for number in kept[1:])
        self._nodes = [replace(node, inputs=tuple([moved[index] for index in node.inputs])) for node in nodes]

    def body(self, class_name: str) -> Body:
        """Return what was recorded."""
        name = "".join(dict.fromkeys(self._adjectives)) + class_name
        arguments = self._in_order_of_use()
        return Body(name, self.input.shape, tuple(self._nodes), arguments, self._aliases, self.blocks)

    def _in_order_of_use(self) -> dict[str, int | float]:
        """Return the arguments as the ops mention them, so that the order in which a spec says them is no matter."""
        named = [value for node in self._nodes for value in node.op.values if type(value) not in UNNAMED]
        used = [name for value in named for name in names_of(value)]
        order = dict.fromkeys([*used, *sorted(self._arguments)])
        return {name: self._arguments[name] for name in order if name in self._arguments}

    def let_float(self, name: str, value: float) -> float:
        """Name a number, so that emitted source takes it as an argument; where nothing takes arguments, it stays."""
        if not self._arguments:
            return value
        name = self._own(name, value, None)
        self._arguments[name] = value
        return NamedFloat(value, name)

    def let(self, name: str, value: int) -> int:
        """Name a derived number, so that emitted source takes it as an argument; as above."""
        if not self._arguments:
            return int(value)
        expression = expression_of(value)
        name = self._own(name, int(value), expression)
        self._arguments[name] = int(value)
        self._derived[name] = expression
        return Named(int(value), name)

    def _own(self, name: str, value: float, expression: Expression | None) -> str:
        """Return the name, numbered where another number has it: the blocks inside a block name theirs alike."""
        own, count = name, 2
        while own in self._arguments and (self._arguments[own], self._derived.get(own)) != (value, expression):
            own, count = f"{name}{count}", count + 1
        return own

    def variant(self, adjective: str) -> None:
        """Say what sets this form of the block apart, for its class name."""
        self._adjectives.append(adjective)

    def conv(
        self,
        role: str,
        x: Value,
        channels: int,
        *,
        kernel: Sides,
        stride: Sides = 1,
        padding: Padding | None = None,
        dilation: Sides = 1,
        groups: int = 1,
        bias: bool = False,
        weights: Fields | None = None,
    ) -> Value:
        """Record a convolution; without `padding`, the one that keeps the map at stride 1 (the kernel is odd)."""
        padding = _same(kernel, dilation) if padding is None else padding
        values = (x.channels, channels, kernel, stride, padding, dilation, groups, bias)
        op = ops.StandardisedConv(*values, **said) if (said := _standardised(weights)) else ops.Conv(*values)
        self._check_groups(role, x.channels, channels, groups)
        self._check_window(role, x.shape, op)
        return self.apply(role, op, x)

    def norm(self, role: str, x: Value, norm: Fields, *, zero_scale: bool = False) -> Value:
        """Record the norm that a field asks for; `none` records nothing."""
        kind = norm.text("type")
        if kind == "none":
            return x
        op = ops.VectorBatchNorm if (kind, x.form) == ("batch", "vector") else NORMS[kind]
        if x.form not in op.takes:
            takes, found = " or a ".join(op.takes), f"{x.form} {shape_text(x.shape)}"
            message = f"`norm: {kind}` takes a {takes}, and the {found} arrives"
            self.refuse(ShapeFault("G013", message, ("norm",)))
            return x
        said = {each.name: each for each in op.attributes if norm.has(each.name)}
        values = {name: norm.number(name) if each.kind == "number" else norm.plain(name) for name, each in said.items()}
        if groups := self._norm_groups(role, x, norm):
            values["groups"] = groups
        return self.apply(role, op(channels=x.channels, zero_scale=zero_scale, **values, **in_layout(op, x)), x)

    def _norm_groups(self, role: str, x: Value, norm: Fields) -> int:
        """Return the number of groups that a norm asks for, or that its width of each makes; 0 where it has none."""
        field = next((name for name in ("groups", "group_width") if norm.has(name)), "")
        if not field:
            return 0
        number = norm.integer(field)
        if x.channels % number:
            what = f"{number} norm groups" if field == "groups" else f"norm groups of {number} channels"
            message = f"{what} do not divide the {int(x.channels)} channels of {role}"
            fits = {field: near_divisors(number, x.channels)}
            self.refuse(ShapeFault("G005", message, (field,), within=norm, fits=fits, number=x.channels))
        return number if field == "groups" else x.channels // number or 1

    def activation(self, role: str, x: Value, activation: Fields) -> Value:
        """Record the activation that a field asks for; `none` records nothing."""
        kind = activation.text("type")
        if kind == "none":
            return x
        slope = activation.number("slope") if activation.has("slope") else None
        return self.apply(role, ops.Activation(kind, slope), x)

    def narrow(self, x: Value, start: int, length: int) -> Value:
        """Record a piece of a map: its channels from one on."""
        return self.apply("", ops.Narrow(start, length), x)

    def pad(self, role: str, x: Value, left: int, right: int, top: int, bottom: int) -> Value:
        """Record zeros around a map."""
        return self.apply(role, ops.Pad(left, right, top, bottom), x)

    def pool(
        self,
        role: str,
        x: Value,
        kind: str,
        *,
        kernel: Sides,
        stride: Sides,
        padding: Padding = 0,
        ceil: bool = False,
        excludes_padding: bool = False,
    ) -> Value:
        """Record a max or average pool; the last windows of one that rounds up may reach out of the map."""
        pool = ops.Pool(kind, kernel, stride, padding, ceil, excludes_padding)
        if not pool.ceil:
            self._check_window(role, x.shape, pool)
        if pool.padding != TF_SAME:
            for kernel, padding in zip(sides(pool.kernel), sides(pool.padding), strict=True):
                if 2 * padding > kernel:
                    message = f"padding {int(padding)} is more than half of the pool's window of {int(kernel)}"
                    self.refuse(ShapeFault("G004", message, ("padding",), fits={"padding": [int(kernel) // 2]}))
        return self.apply(role, pool, x)

    def ceil_pool(self, role: str, x: Value, stride: int) -> Value:
        """Record the average of each stride x stride window; those at the edge average what is there."""
        return self.apply(role, ops.Pool("average", stride, stride, 0, ceil=True), x)

    def blur_pool(self, role: str, x: Value, stride: int) -> Value:
        """Record a blur and then every `stride`-th position; a map of one row or column cannot be reflected."""
        if 1 in x.shape[1:]:
            message = f"a blur needs rows and columns beside each other, and its map is {shape_text(x.shape[1:])}"
            self.refuse(ShapeFault("G004", message, ("anti_alias", "stride"), "use a larger input, or fewer strides"))
        return self.apply(role, ops.BlurPool(x.channels, stride), x)

    def grid_pool(self, role: str, x: Value, size: int) -> Value:
        """Record an average pool to a fixed grid."""
        return self.apply(role, ops.GridPool(size), x)

    def subsample(self, role: str, x: Value, stride: int) -> Value:
        """Record the choice of every `stride`-th row and column."""
        return self.apply(role, ops.Subsample(stride), x)

    def pad_channels(self, role: str, x: Value, before: int, after: int) -> Value:
        """Record zero channels around the map's own; none are recorded where none are missing."""
        if before + after < 0:
            there = int(x.channels)
            message = f"zero padding cannot shrink {there} channels to {there + int(before) + int(after)}"
            fits: dict[str, list[Plain]] = {"shortcut": ["projection"], "channels": [there]}
            self.refuse(ShapeFault("G003", message, ("shortcut", "channels"), fits=fits))
        return self.apply(role, ops.PadChannels(before, after), x)

    def add(self, x: Value, y: Value) -> Value:
        """Record the sum of two maps; names of one size on both sides are one name from here on."""
        if x.shape != y.shape:
            message = f"the shortcut brings {shape_text(y.shape)} where the block computes {shape_text(x.shape)}"
            self.refuse(ShapeFault("G002", message, ("padding", "shortcut", "stride"), _ROUND_ALIKE))
        return self.apply("", ops.Add(), x, y)

    def channel_conv(self, role: str, x: Value, kernel: int) -> Value:
        """Record one odd kernel that slides along the channels of a map of one position."""
        y = self.apply(role, ops.SequenceConv(kernel), self.apply("", ops.AsSequence(), x))
        return self.apply("", ops.AsMap(), y)

    def flatten(self, x: Value) -> Value:
        """Record the map as one vector."""
        return self.apply("", ops.Flatten(), x)

    def linear(self, role: str, x: Value, features: int, *, bias: bool) -> Value:
        """Record a fully connected layer."""
        return self.apply(role, ops.Linear(x.channels, features, bias), x)

    def dropout(self, role: str, x: Value, p: float) -> Value:
        """Record dropout; at 0 it records nothing."""
        return self.apply(role, ops.Dropout(p), x) if p else x

    def apply(self, role: str, op: Op, *inputs: Value) -> Value:
        """Record any op on earlier values; without a role it has no module and no path."""
        shapes = [value.shape for value in inputs]
        misfit = op.misfit(*shapes)
        if len({value.form for value in inputs}) > 1 and any(value.last for value in inputs):
            misfit = f"takes maps of one layout, and finds a {' and a '.join(value.form for value in inputs)}"
        if misfit is not None:
            self.refuse(ShapeFault("G002" if len(shapes) > 1 else "G004", f"{role or op.name} {misfit}", ()))
            shapes = shapes[:1] * len(shapes)
        if len(inputs) > 1 and op.joins is not ops.Joins.STACKED:
            self._unify(*[expression_of(value.channels) for value in inputs])
        shape = op.output(*shapes)
        if min(shape) <= 0:
            shape = _meant(op, shapes[0], shape)
        self._nodes.append(Node(role, op, tuple([value.index for value in inputs]), shape))
        self._blames.append(self.blame)
        return Value(len(self._nodes), shape, len(shape) > 1 and op.leaves_channels_last(inputs[0].last))

    def _unify(self, left: Expression, *others: Expression) -> None:
        """Let the names of one size be one name from here on."""
        for right in others:
            if isinstance(left, str) and isinstance(right, str) and right != left:
                self._aliases[right] = left

    def _check_groups(self, role: str, inputs: int, outputs: int, groups: int) -> None:
        odd = inputs if inputs % groups else outputs
        if not odd % groups:
            return
        name = expression_of(odd)
        fits: dict[str, list[Plain]] = {"cardinality": [*near_divisors(groups, inputs, outputs)]}
        if isinstance(name, str) and name not in ("in_channels", *self._derived):
            fits[name] = [*near_multiples(odd, groups)]
        message = f"cardinality {int(groups)} does not divide the {int(odd)} channels of {role}"
        fault = ShapeFault("G001", message, ("cardinality",), fits=fits, number=odd)
        if name == "width" and name in fits:
            fault.message = f"width {int(odd)} is not divisible by cardinality {int(groups)}"
            fault.fields, fault.fits = ("width", "cardinality"), dict(reversed(fits.items()))
            fault.help = "`bottleneck_width`, the width per group, fits any cardinality"
        self.refuse(fault)

    def _check_window(self, role: str, shape: Shape, op: ops.Convolution | ops.Pool) -> None:
        """Refuse a window (dilation included) that is larger than its padded map; a conv's or a pool's kernel."""
        if op.padding == TF_SAME:
            return
        window, padding = op.window().sides, sides(op.padding)
        rooms = [int(side) + 2 * int(each) for side, each in zip(shape[1:], padding, strict=True)]
        if all(room >= side for room, side in zip(rooms, window, strict=True)):
            return
        padded = f" padded by {shape_text(_one_or_both(padding))}" if any(padding) else ""
        size = shape_text(tuple(map(int, window)))
        message = f"the window of {role} is {size}, larger than its map of {shape_text(shape[1:])}{padded}"
        room, dilation = min(rooms), int(sides(getattr(op, "dilation", 1))[0])
        kernel = (room - 1) // dilation + 1
        fits: dict[str, list[Plain]] = {"window": [room], "kernel": [kernel] if kernel > 1 else []}
        help = f"a window of {room} at most fits; or a larger input, or fewer strides in front"
        self.refuse(ShapeFault("G004", message, ("window", "kernel", "dilation"), help, fits=fits))


def _standardised(weights: Fields | None) -> dict[str, Any]:
    """Return how kernels are standardised; nothing where they are the parameters."""
    if weights is None or weights.text("type") == "plain":
        return {}
    return {name: weights.number(name) for name in ("eps", "gain") if weights.has(name)}


def in_layout(op: type[Op], x: Value) -> dict[str, bool]:
    """Return the attribute that tells an op where the channels stand, if it has one."""
    return {"last": x.form != "map"} if any(each.name == "last" for each in op.attributes) else {}


def _same(kernel: Sides, dilation: Sides) -> Sides:
    """Return the padding that keeps a map at stride 1; of equal sides one number, which keeps its name."""
    if isinstance(kernel, int) and isinstance(dilation, int):
        return dilation * ((kernel - 1) // 2)
    (height, width), (rows, columns) = sides(kernel), sides(dilation)
    return rows * ((height - 1) // 2), columns * ((width - 1) // 2)


def _one_or_both(numbers: tuple[int, int]) -> tuple[int, ...]:
    return numbers[:1] if numbers[0] == numbers[1] else numbers


def _meant(op: Op, before: Shape, after: Shape) -> Shape:
    """Return the shape that leaves where a window did not fit: the map that its stride alone would leave."""
    sides = zip(before[1:], after[1:], op.window().strides, strict=True)
    return (after[0], *(new if new > 0 else -(-int(old) // int(stride)) for old, new, stride in sides))
