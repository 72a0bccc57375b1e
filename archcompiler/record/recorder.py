"""Run a block function once, on numbers, and keep what it did: shapes fall out while it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Node
from archcompiler.graph.named import Named, expression_of, names_in
from archcompiler.graph.ops import Op, Shape
from archcompiler.record.fields import Fields
from archcompiler.span import SCHEMA_ORIGIN, Span


class ShapeFault(Exception):
    """A number that does not fit, found while a block is recorded; `fields` are the culprits, the first foremost."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...], help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fields, self.help = code, message, fields, help
        self.span: Span | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What an op computed."""

    index: int
    shape: Shape

    @property
    def channels(self) -> int:
        """The first side of the shape."""
        return self.shape[0]


class Recorder:
    """The primitives that a block function calls. Each takes the role that the names table turns into a path."""

    def __init__(self, shape: Shape, path_of: Callable[[str], str], arguments: dict[str, int]) -> None:
        self._path_of = path_of
        self._nodes: list[Node] = []
        self._adjectives: list[str] = []
        self._aliases: dict[str, str] = {}
        self._arguments = dict(arguments)
        self.input = Value(0, shape)

    def body(self, class_name: str, registered_first: str = "") -> Body:
        """Return what was recorded; roles of the first word `registered_first` are registered before the others."""
        name = "".join(self._adjectives) + class_name
        early = [node.path for node in self._nodes if node.path and node.role.partition(".")[0] == registered_first]
        arguments = self._in_order_of_use()
        return Body(name, self.input.shape, tuple(self._nodes), arguments, self._aliases, tuple(early))

    def _in_order_of_use(self) -> dict[str, int]:
        """Return the arguments as the ops mention them, so that the order in which a spec says them is no matter."""
        values = (getattr(node.op, field.name) for node in self._nodes for field in fields(node.op))
        used = [name for value in values if isinstance(value, Named) for name in sorted(names_in(value.expression))]
        order = dict.fromkeys([*used, *sorted(self._arguments)])
        return {name: self._arguments[name] for name in order if name in self._arguments}

    def let(self, name: str, value: int) -> int:
        """Name a derived number, so that emitted source takes it as an argument."""
        self._arguments[name] = int(value)
        return Named(int(value), name)

    def variant(self, adjective: str) -> None:
        """Say what sets this form of the block apart, for its class name."""
        self._adjectives.append(adjective)

    def conv(
        self,
        role: str,
        x: Value,
        channels: int,
        *,
        kernel: int,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> Value:
        """Record a convolution; without `padding`, the one that keeps the map at stride 1 (the kernel is odd)."""
        if padding is None:
            padding = dilation * ((kernel - 1) // 2)
        self._check_groups(role, x.channels, channels, groups)
        self._check_window(role, x.shape, dilation * (kernel - 1) + 1, padding)
        return self._add(role, ops.Conv(x.channels, channels, kernel, stride, padding, dilation, groups, bias), x)

    def norm(self, role: str, x: Value, norm: Fields, *, zero_scale: bool = False) -> Value:
        """Record the norm that a field asks for; `none` records nothing."""
        kind = norm.text("type")
        if kind == "none":
            return x
        if kind == "batch":
            eps, momentum = norm.number("eps"), norm.number("momentum")
            return self._add(role, ops.BatchNorm(x.channels, eps, zero_scale, momentum), x)
        if kind == "layer":
            return self._add(role, ops.LayerNorm(x.channels, norm.number("eps"), zero_scale), x)
        groups = int(norm.integer("groups"))
        if x.channels % groups:
            near = _near_divisors(x.channels, groups)
            message = f"{groups} norm groups do not divide the {int(x.channels)} channels of {role}"
            help = f"use {near} groups, as in `{{type: group, groups: {near.split()[0]}}}`"
            fault = ShapeFault("G005", message, ("norm",), help)
            fault.span = None if norm.span("groups") == SCHEMA_ORIGIN else norm.span("groups")
            raise fault
        return self._add(role, ops.GroupNorm(x.channels, norm.number("eps"), zero_scale, groups), x)

    def activation(self, role: str, x: Value, activation: Fields) -> Value:
        """Record the activation that a field asks for; `none` records nothing."""
        kind = activation.text("type")
        if kind == "none":
            return x
        slope = activation.number("slope") if activation.has("slope") else None
        return self._add(role, ops.Activation(kind, slope), x)

    def pool(self, role: str, x: Value, kind: str, *, kernel: int, stride: int, padding: int = 0) -> Value:
        """Record a max or average pool."""
        self._check_window(role, x.shape, kernel, padding)
        if 2 * padding > kernel:
            raise ShapeFault(
                "G004",
                f"padding {padding} is more than half of the pool's window of {kernel}",
                ("padding", "pool"),
                f"use a padding of {kernel // 2} at most",
            )
        return self._add(role, ops.Pool(kind, kernel, stride, padding), x)

    def ceil_pool(self, role: str, x: Value, stride: int) -> Value:
        """Record the average of each stride x stride window; those at the edge of the map average what is there."""
        return self._add(role, ops.Pool("average", stride, stride, 0, ceil=True), x)

    def grid_pool(self, role: str, x: Value, size: int) -> Value:
        """Record an average pool to a fixed grid."""
        return self._add(role, ops.GridPool(size), x)

    def subsample(self, role: str, x: Value, stride: int) -> Value:
        """Record the choice of every `stride`-th row and column."""
        return self._add(role, ops.Subsample(stride), x)

    def pad_channels(self, role: str, x: Value, before: int, after: int) -> Value:
        """Record zero channels around the map's own."""
        return self._add(role, ops.PadChannels(before, after), x)

    def add(self, x: Value, y: Value) -> Value:
        """Record the sum of two maps; names of one size on both sides are one name from here on."""
        if x.shape != y.shape:
            raise ShapeFault(
                "G002",
                f"the shortcut brings {shape_text(y.shape)} where the block computes {shape_text(x.shape)}",
                ("padding", "shortcut", "stride"),
                "make both round alike: `padding: same`, `subsample: slice`, `shortcut: projection`, or an even map",
            )
        left, right = expression_of(x.channels), expression_of(y.channels)
        if left != right and isinstance(left, str) and isinstance(right, str):
            self._aliases[right] = left
        return self._add("", ops.Add(), x, y)

    def scale(self, x: Value, weights: Value) -> Value:
        """Record a map whose channels, or all of whose values, are multiplied by one weight each."""
        return self._add("", ops.Scale(), x, weights)

    def channel_conv(self, role: str, x: Value, kernel: int) -> Value:
        """Record one odd kernel that slides along the channels of a map of one position."""
        y = self._add(role, ops.SequenceConv(kernel), self._add("", ops.AsSequence(), x))
        return self._add("", ops.AsMap(), y)

    def sigmoid(self, role: str, x: Value) -> Value:
        """Record a sigmoid, as gates have it."""
        return self._add(role, ops.Activation("sigmoid", None), x)

    def flatten(self, x: Value) -> Value:
        """Record the map as one vector."""
        return self._add("", ops.Flatten(), x)

    def linear(self, role: str, x: Value, features: int, *, bias: bool) -> Value:
        """Record a fully connected layer."""
        return self._add(role, ops.Linear(x.shape[0], features, bias), x)

    def dropout(self, role: str, x: Value, p: float) -> Value:
        """Record dropout; at 0 it records nothing."""
        return self._add(role, ops.Dropout(p), x) if p else x

    def _add(self, role: str, op: Op, *inputs: Value) -> Value:
        shape = op.output(inputs[0].shape)
        path = self._path_of(role) if role else ""
        self._nodes.append(Node(role, path, op, tuple(value.index for value in inputs), shape))
        return Value(len(self._nodes), shape)

    @staticmethod
    def _check_groups(role: str, inputs: int, outputs: int, groups: int) -> None:
        for channels in (inputs, outputs):
            if channels % groups:
                raise ShapeFault(
                    "G001",
                    f"cardinality {int(groups)} does not divide the {int(channels)} channels of {role}",
                    ("cardinality",),
                    f"use a cardinality of {_near_divisors(channels, groups)}",
                )

    @staticmethod
    def _check_window(role: str, shape: Shape, window: int, padding: int) -> None:
        height, width = (int(side) for side in shape[1:])
        if min(height, width) + 2 * padding < window:
            padded = f" padded by {int(padding)}" if padding else ""
            raise ShapeFault(
                "G004",
                f"the window of {role} is {int(window)}x{int(window)}, larger than its map of {height}x{width}{padded}",
                ("window", "kernel", "dilation", "pool"),
                f"use a window of {min(height, width) + 2 * int(padding)} at most, a larger input, or fewer strides",
            )


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it: 256x56x56."""
    return "x".join(str(int(side)) for side in shape)


def _near_divisors(number: int, wanted: int) -> str:
    """Return the nearest divisors at or around a wanted one, as words."""
    number, wanted = int(number), int(wanted)
    divisors = [d for d in range(1, number + 1) if number % d == 0]
    below = max((d for d in divisors if d <= wanted), default=None)
    above = min((d for d in divisors if d > wanted), default=None)
    return " or ".join(str(d) for d in (below, above) if d is not None)
