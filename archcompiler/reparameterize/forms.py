"""What each value of a body is in evaluation, seen from an earlier one through layers that one can stand for."""

from __future__ import annotations

from dataclasses import dataclass

from archcompiler.graph.ir import Body, Node
from archcompiler.graph.ops.base import Combination, Kernel, PerChannel
from archcompiler.graph.shape import TF_SAME


@dataclass(frozen=True, slots=True)
class Form:
    """A value as an affine map of an earlier one, its `source`, through the nodes that give `values`.

    One layer can stand for all of them: the convolution that gives `host`, with another kernel. Without a host they
    only multiply channels, and add to them where the form `shifts`.
    """

    source: int
    values: tuple[int, ...] = ()
    host: int | None = None
    shifts: bool = False


class Forms:
    """The forms of all values of a body; what does nothing in evaluation is passed over.

    A value that several nodes read, or that leaves, is computed for all of them: it is the source of what they give.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._passed = _passed(body)
        self.output = self._passed[-1]
        self.readers = self._readers()
        self.of = [Form(0)]
        for value in range(1, len(body.nodes) + 1):
            self.of.append(self._form(value))

    def node(self, value: int) -> Node:
        """Return the node that gives a value."""
        return self._body.nodes[value - 1]

    def inputs(self, value: int) -> tuple[int, ...]:
        """Return the values that a node reads."""
        return tuple(self._passed[each] for each in self.node(value).inputs)

    def layer(self, value: int) -> int:
        """Return the value of the node that computes a value, alone or for its whole form."""
        return self.of[value].host or value

    def reads(self, value: int) -> tuple[int, ...]:
        """Return the values that a value is computed from."""
        form = self.of[value]
        return self.inputs(value) if form.host is None else (form.source,)

    def is_folded(self, value: int) -> bool:
        """Tell whether one layer stands for several."""
        form = self.of[value]
        return form.host is not None and len(form.values) > 1

    def needed(self) -> list[int]:
        """Return the values that are computed, in order."""
        needed = {self.output}
        for value in range(self.output, 0, -1):
            if value in needed:
                needed.update(self.reads(value))
        return sorted(needed - {0})

    def summands(self, value: int) -> list[Form]:
        """Return the forms that a node adds, where all have one source."""
        if not isinstance(self.node(value).op.affine_form(), Combination):
            return []
        forms = [self._read(each) for each in self.inputs(value)]
        return forms if len({form.source for form in forms}) == 1 else []

    def _read(self, value: int) -> Form:
        """Return a value as its readers see it."""
        return self.of[value] if len(self.readers[value]) == 1 else Form(value)

    def _readers(self) -> list[list[int]]:
        readers: list[list[int]] = [[] for _ in self._passed]
        for value in range(1, len(self._passed)):
            if self._passed[value] == value:
                for each in self.inputs(value):
                    readers[each].append(value)
        readers[self.output].append(len(self._passed))
        return readers

    def _form(self, value: int) -> Form:
        op = self.node(value).op
        affine = op.affine_form()
        first = self.inputs(value)[0]
        form = self._read(first)
        if isinstance(affine, PerChannel):
            return Form(form.source, (*form.values, value), form.host, form.shifts or affine.shift is not None)
        if isinstance(affine, Kernel):
            if form.host is not None or (form.shifts and affine.padding != (0, 0)):
                form = Form(first)
            has_bias = any(tensor.name == "bias" for tensor in op.tensors())
            return Form(form.source, (*form.values, value), value, form.shifts or has_bias)
        return self._sum(value, self.summands(value))

    def _sum(self, value: int, forms: list[Form]) -> Form:
        host = self._common_host(forms)
        if not forms or (host is None and any(form.host for form in forms)):
            return Form(value)
        values = sorted({each for form in forms for each in form.values})
        return Form(forms[0].source, (*values, value), host, any(form.shifts for form in forms))

    def _common_host(self, forms: list[Form]) -> int | None:
        """Return the convolution that can stand for those of all forms; None where there is none, or none can."""
        hosts = sorted(form.host for form in forms if form.host is not None)
        return next((host for host in hosts if all(self._holds(host, form.host) for form in forms)), None)

    def _holds(self, host: int, other: int | None) -> bool:
        """Tell whether a kernel can hold another one, or an identity, and then lies on the map as that does."""
        one = self.node(host).op.affine_form()
        assert isinstance(one, Kernel)
        two = Kernel(groups=one.groups) if other is None else self.node(other).op.affine_form()
        assert isinstance(two, Kernel)
        if (one.groups, one.strides) != (two.groups, two.strides):
            return False
        if one.padding == TF_SAME or two.padding == TF_SAME:
            return one == two
        pairs = zip(one.sides, two.sides, one.dilation, two.dilation, one.padding, two.padding, strict=True)
        return all(_holds_along(*each) for each in pairs)


def _holds_along(side: int, other: int, dilation: int, other_dilation: int, padding: int, other_padding: int) -> bool:
    """Tell whether one side of a kernel holds that of another one in its middle, whatever the map."""
    zeros = side - other
    is_aligned = padding - other_padding == dilation * zeros // 2
    return zeros >= 0 and zeros % 2 == 0 and is_aligned and (other == 1 or dilation == other_dilation)


def _passed(body: Body) -> list[int]:
    """Return each value, or the earlier one that it is in evaluation."""
    passed = [0]
    for value, node in enumerate(body.nodes, 1):
        passed.append(passed[node.inputs[0]] if node.op.is_training else value)
    return passed
