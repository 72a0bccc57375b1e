"""What an op says of itself, once: every analysis, comparison, check and backend reads it from there.

An op is a class whose attributes are `size`, `choice`, `number` or `flag`. A class that leaves out an aspect (a class
variable or an abstract method of `Op`) cannot be declared: the import fails. Classes that are `abstract` answer some
aspects for a family of ops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from archcompiler.graph.ops.attributes import Attribute, choice, flag, number, size
from archcompiler.graph.shape import Shape as Shape
from archcompiler.graph.shape import shape_text

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Return a class as it is: Python 3.10 has no `typing.dataclass_transform`, and only type checkers read it."""
        return lambda cls: cls


ParameterShapes = dict[str, Shape]
Initial = float | Literal["normal_fan_out", "uniform_fan_in"]
"""What a tensor starts as: a constant, or drawn. `normal_fan_out` is N(0, 2 / fan out) (He et al., arXiv:1502.01852),
`uniform_fan_in` is U(-b, b) with b = 1 / sqrt(fan in), PyTorch's own for linear layers and their biases."""
Reads = Literal["nothing", "input", "output", "either"]
"""What the backward pass needs of the forward pass, weights apart; `either` is the output where an op ran in place."""
TorchinfoCount = Literal["once", "positions"]
"""How torchinfo counts an op's parameters as multiply-adds: each once, or each at every position."""


class Tensor(NamedTuple):
    """A tensor of a state dict. Without a name its key is the path of the node itself: the block owns it."""

    name: str
    shape: Shape
    initial: Initial
    is_learned: bool = True


class StepForm(NamedTuple):
    """How documents say an op: the key that tells the step, what begins its roles, and its attributes as fields.

    Each field is a schema of one value; the first stands under the key itself. An attribute without a field is the
    number of channels that arrive. An op of several inputs has their names under the key. Without a `role` the layer
    is no module.
    """

    key: str
    role: str
    description: str
    fields: Mapping[str, dict[str, Any]] = MappingProxyType({})


Form = Literal["map", "channels-last map", "vector"]
"""What a value is: (channels, height, width), (height, width, channels) or (features,)."""


class Window(NamedTuple):
    """What one position of the output sees of the input: height and width, dilation included, and the strides."""

    sides: tuple[int, int]
    strides: tuple[int, int]


class Statistic(NamedTuple):
    """What a norm takes its mean and variance of, and over how many values."""

    of: str
    values: int


Held = Mapping[str, Any]
"""The tensors of an op by their names: whatever computes with `+ - * / **`."""


class PerChannel(NamedTuple):
    """A product of each channel with one number, and where there is a `shift` the sum of that with another one."""

    scale: Callable[[Held], Any]
    shift: Callable[[Held], Any] | None = None


class Kernel(NamedTuple):
    """A product with the op's own tensor `weight`, (out, in / groups, *sides), and the sum with its `bias`, if any.

    The op has an attribute `bias`. A linear layer is a kernel of one position, whose tensor has no sides.
    """

    sides: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    padding: tuple[int, int] | Literal["tf_same"] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


class Combination(NamedTuple):
    """A sum of the inputs, each times a factor."""

    factors: tuple[int, ...]


Affine = PerChannel | Kernel | Combination


class Joins(Enum):
    """How many inputs an op takes, and what of their shapes must agree."""

    ONE = "one input"
    ALIKE = "inputs of one shape"
    BROADCAST = "inputs whose sides are equal or 1"
    STACKED = "inputs that differ in their channels alone"
    CHANNELS = "inputs of the same channels"

    def agree(self, *shapes: Shape) -> bool:
        """Tell whether inputs of these shapes go together."""
        first = shapes[0]
        if self is Joins.ONE:
            return len(shapes) == 1
        if shapes.count(first) == len(shapes):
            return True
        if self is Joins.BROADCAST:
            return all(len(set(each) - {1}) <= 1 for each in zip(*shapes, strict=True)) if _alike(shapes) else False
        if self is Joins.CHANNELS:
            return all(shape[:1] == first[:1] for shape in shapes) and _alike(shapes)
        start = 1 if self is Joins.STACKED else 0
        return all(shape[start:] == first[start:] for shape in shapes) and _alike(shapes)


def _alike(shapes: tuple[Shape, ...]) -> bool:
    return len({len(shape) for shape in shapes}) == 1


def aspect(method: Any) -> Any:
    """Mark a method that each op must answer."""
    method.is_aspect = True
    return method


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(size, choice, number, flag))
class Op:
    """A primitive: what every block, stem and head is made of. Ops are immutable, and equal where their attributes are.

    Attributes are given by position or keyword; TypeError where one is missing or unknown.
    """

    name: ClassVar[str]
    """What hashes, layer tables and documents call it."""
    word: ClassVar[str] = ""
    """What a reader calls it, where that is not its name."""
    attributes: ClassVar[tuple[Attribute, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    step: ClassVar[StepForm | None] = None
    """The step that says the op; None where a step of several ops does."""
    joins: ClassVar[Joins]
    commutes: ClassVar[bool]
    """Whether the order of its inputs is no matter."""
    changed_kind: ClassVar[str]
    """The diff rule where another op of the same rule takes its place; of two with different rules it is D309."""
    is_view: ClassVar[bool]
    """Whether what it gives may be the memory of its input, at least in evaluation."""
    is_training: ClassVar[bool]
    """Whether it does something in training only."""
    counts_into_depth: ClassVar[bool]
    counts_into_activations: ClassVar[bool]
    torchinfo: ClassVar[TorchinfoCount]

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Attribute)}
        for name, attribute in own.items():
            attribute.name = name
            delattr(cls, name)
        cls.attributes = (*(each for each in cls.attributes if each.name not in own), *own.values())
        cls._defaults = {each.name: each.default for each in cls.attributes}
        if not abstract:
            _declare(cls)

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(self._defaults, values, strict=False))
        if named or len(values) != len(self._defaults):
            self._complete(values, named)

    def _complete(self, values: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Take what is given by keyword, and the defaults of what is not given."""
        own = {**self._defaults, **self.__dict__, **named}
        if len(own) != len(self._defaults) or len(values) > len(own) or any(each is ... for each in own.values()):
            raise TypeError(f"{self.name} takes {', '.join(self._defaults)}; given were {values} and {named}")
        self.__dict__.update(own)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self.name} is immutable")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.name, self.values))

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    @property
    def is_activation(self) -> bool:
        """Whether it is an element-wise non-linearity: which one it is, the rule of activations tells."""
        return any(each.rule == "D305" for each in self.attributes)

    @property
    def values(self) -> tuple[Any, ...]:
        """The attributes' values, in the order in which they are declared."""
        return tuple(self.__dict__.values())

    def replace(self, **changes: Any) -> Self:
        """Return the op with some attributes changed."""
        if all(self.__dict__[name] is value for name, value in changes.items()):
            return self
        return type(self)(**{**self.__dict__, **changes})

    def parameters(self) -> ParameterShapes:
        """Return the shape of each tensor that is learned."""
        return {each.name: each.shape for each in self.tensors() if each.is_learned}

    def misfit(self, *shapes: Shape) -> str | None:
        """Return why inputs of these shapes do not do, as it follows the op's role in a message; None where they do."""
        if (self.joins is Joins.ONE and len(shapes) == 1) or self.joins.agree(*shapes):
            return None
        return f"takes {self.joins.value}, and finds {' and '.join(map(shape_text, shapes))}"

    def leaves_channels_last(self, arrives: bool) -> bool:
        """Tell whether the channels of what leaves stand last, where those of what arrives do or do not."""
        return arrives

    @aspect
    def output(self, *shapes: Shape) -> Shape:
        """Return the shape that leaves where these shapes arrive."""
        raise NotImplementedError

    @aspect
    def tensors(self) -> tuple[Tensor, ...]:
        """Return what stands in the state dict, in its order: parameters, then buffers."""
        raise NotImplementedError

    @aspect
    def multiply_adds(self, output: Shape) -> int:
        """Return the multiply-adds, without biases, that give an output of a shape."""
        raise NotImplementedError

    @aspect
    def window(self) -> Window:
        """Return what one position of the output sees of the input."""
        raise NotImplementedError

    @aspect
    def statistic(self, shape: Shape) -> Statistic | None:
        """Return over what it normalises in training a map of a shape, at a batch of one; None where it does not."""
        raise NotImplementedError

    @aspect
    def backward_reads(self) -> Reads:
        """Return what of the forward pass its backward pass needs."""
        raise NotImplementedError

    @aspect
    def affine_form(self) -> Affine | None:
        """Return what it is in evaluation, where that is affine in the input and its tensors say it; else None."""
        raise NotImplementedError

    @aspect
    def is_idempotent(self) -> bool:
        """Tell whether it changes nothing that it gave itself."""
        raise NotImplementedError

    @aspect
    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return the op as every op that computes the same between two shapes is written; None where it does nothing.

        The shapes are plain ints.
        """
        raise NotImplementedError


OPS: dict[str, type[Op]] = {}
"""Every op by its name."""
_METHODS = tuple(name for name, value in vars(Op).items() if hasattr(value, "is_aspect"))


def _declare(cls: type[Op]) -> None:
    """Register an op; TypeError where it leaves out an aspect or takes the name of another."""
    missing = [name for name in Op.__annotations__ if not hasattr(cls, name)]
    missing += [name for name in _METHODS if getattr(cls, name) is getattr(Op, name)]
    if "name" not in vars(cls) or missing:
        raise TypeError(f"the op {cls.__name__} does not say: {', '.join(missing) or 'name'}")
    if OPS.setdefault(cls.name, cls) is not cls:
        raise TypeError(f"two ops are called {cls.name}")
