"""The primitives that every block, stem and head is made of. What each is stands in its declaration, and nowhere else.

Ops know no backend: how one becomes a module stands in `backends/`. A new op is a declaration here and a rule there.
"""

from archcompiler.graph.ops.activation import Activation, Dropout
from archcompiler.graph.ops.base import OPS, Joins, Op, ParameterShapes, Statistic, Tensor, Window
from archcompiler.graph.ops.convolution import Conv, Convolution, Linear, SequenceConv
from archcompiler.graph.ops.joining import Add, Scale
from archcompiler.graph.ops.layout import AsMap, AsSequence, Flatten, PadChannels
from archcompiler.graph.ops.normalisation import BatchNorm, GroupNorm, LayerNorm, Norm
from archcompiler.graph.ops.pooling import BlurPool, GridPool, Pool, Pooling, Subsample
from archcompiler.graph.shape import Shape

__all__ = [
    "OPS",
    "Activation",
    "Add",
    "AsMap",
    "AsSequence",
    "BatchNorm",
    "BlurPool",
    "Conv",
    "Convolution",
    "Dropout",
    "Flatten",
    "GridPool",
    "GroupNorm",
    "Joins",
    "LayerNorm",
    "Linear",
    "Norm",
    "Op",
    "PadChannels",
    "ParameterShapes",
    "Pool",
    "Pooling",
    "Scale",
    "SequenceConv",
    "Shape",
    "Statistic",
    "Subsample",
    "Tensor",
    "Window",
]
