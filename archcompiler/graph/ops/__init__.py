"""The primitives that every block, stem and head is made of. What each is stands in its declaration, and nowhere else.

Ops know no backend: how one becomes a module stands in `backends/`. A new op is a declaration here and a rule there.
"""

from archcompiler.graph.ops.activation import Activation, Dropout, DropPath, PReLU, Softmax
from archcompiler.graph.ops.base import OPS, Form, Joins, Op, ParameterShapes, Statistic, Tensor, Window
from archcompiler.graph.ops.convolution import Conv, Convolution, Linear, SequenceConv, StandardisedConv
from archcompiler.graph.ops.joining import Add, BranchSum, Concat, ResizeLike, Scale, Subtract
from archcompiler.graph.ops.layout import (
    AsMap,
    AsSequence,
    ChannelShuffle,
    Flatten,
    Narrow,
    Pad,
    PadChannels,
    Permute,
    Resize,
    SpaceToDepth,
)
from archcompiler.graph.ops.normalisation import (
    BatchNorm,
    EvoNorm,
    FilterResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Norm,
    ResponseNorm,
    RMSNorm,
    SimpleNorm,
    VectorBatchNorm,
)
from archcompiler.graph.ops.pooling import BlurPool, GridPool, Pool, Pooling, Subsample
from archcompiler.graph.ops.scaling import ConstantScale, LayerScale, ScalarScale, ScalarShift
from archcompiler.graph.shape import Shape

__all__ = [
    "OPS",
    "Activation",
    "Add",
    "AsMap",
    "AsSequence",
    "BatchNorm",
    "BlurPool",
    "BranchSum",
    "ChannelShuffle",
    "Concat",
    "ConstantScale",
    "Conv",
    "Convolution",
    "DropPath",
    "Dropout",
    "EvoNorm",
    "FilterResponseNorm",
    "Flatten",
    "Form",
    "GridPool",
    "GroupNorm",
    "InstanceNorm",
    "Joins",
    "LayerNorm",
    "LayerScale",
    "Linear",
    "Narrow",
    "Norm",
    "Op",
    "PReLU",
    "Pad",
    "PadChannels",
    "ParameterShapes",
    "Permute",
    "Pool",
    "Pooling",
    "RMSNorm",
    "Resize",
    "ResizeLike",
    "ResponseNorm",
    "ScalarScale",
    "ScalarShift",
    "Scale",
    "SequenceConv",
    "Shape",
    "SimpleNorm",
    "Softmax",
    "SpaceToDepth",
    "StandardisedConv",
    "Statistic",
    "Subsample",
    "Subtract",
    "Tensor",
    "VectorBatchNorm",
    "Window",
]
