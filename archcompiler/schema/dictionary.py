"""What other libraries call what this language has a word for, and what they have that it lacks.

A fix never changes what is meant. So there are two dictionaries each: words that mean the same in every library that
has them are mended, words that mean nearly the same, or the same in some places only, are told.
"""

from __future__ import annotations

BLOCKS_CAN_BE_WRITTEN = "a block can be written: see `archc explain block`"

SAME_VALUES = {
    "norm": {
        "batch": "bn batchnorm batchnormalization",
        "group": "gn groupnorm groupnormalization",
    },
    "block": {
        "basic": "basicblock",
        "bottleneck": "bottleneckblock",
    },
    "shortcut": {
        "projection": "b",
        "projection_always": "c",
    },
    "pool": {
        "average": "avg mean avgpool averagepool averagepooling",
        "max": "maxpool maxpooling",
        "global": "gap globalavg globalavgpool globalaveragepool globalaveragepooling",
    },
    "quantity": {
        "params": "parameters numparams",
        "macs": "mac",
    },
    "activation": {
        "silu": "swish",
        "none": "linear identity",
        "hard_sigmoid": "hsigmoid",
        "hard_swish": "hswish hardsilu",
        "hard_tanh": "htanh",
        "gelu_tanh": "gelunew gelufast geluapprox approximategelu geluapproximate gelupytorchtanh tanhgelu",
        "squared_relu": "relu2 relusquared sqrrelu",
    },
    "attention": {
        "se": "squeezeexcitation squeezeexcite seblock selayer semodule",
        "eca": "ecablock ecalayer ecamodule",
        "ese": "esemodule effectivese effectivesemodule",
    },
}
"""By field and value here, the words that mean just this value, in small letters without `_`."""
LIKE_VALUES = {
    "norm": {
        "layer": "ln layernorm layernormalization",
        "batch": "syncbn",
        "instance": "in instancenorm instancenormalization",
        "rms": "rmsnorm rmsnormalization",
        "simple": "simplenorm",
        "response": "grn globalresponsenorm globalresponsenormalization",
        "evo": "evonorm evonorms",
        "filter_response": "frn filterresponsenorm filterresponsenormalization",
    },
    "block": {
        "bottleneck": "resnext",
        "conv": "convbnrelu convbnact conv",
        "basic": "residual",
    },
    "shortcut": {
        "zero_pad": "a pad",
        "projection": "conv downsample",
    },
    "pool": {
        "global": "avg mean avgpool averagepool average adaptive adaptiveavgpool",
    },
    "quantity": {
        "macs": "flops gflops madds multadds",
    },
    "activation": {
        "leaky_relu": "lrelu",
    },
    "attention": {
        "se": "senet",
        "eca": "ecanet",
    },
}
"""The same of words that mean this value or one like it: LayerNorm may norm positions too, FLOPs may be twice."""
OTHER_VALUES = {
    "activation": """crelu rrelu frelu dyrelu brelu srelu reluk starrelu thresholdedrelu softrelu glu reglu geglu
        swiglu siglu bilu hardmish eswish swishbeta tanhexp logsoftmax softmin softshrink hardshrink threshold step
        sine sin cos snake maxout acon aconc metaacon smelu serf smu erf exp exponential lisht scaledtanh squareplus
        sparseplus sparsesigmoid sparsemax""",
    "attention": """cse sse scse csse ge gatherexcite gc gcnet globalcontext cbam
        bam ecam ceca ecs sk skconv splitattention sa spatial coordatt ca simam nl nonlocal glam
        lambda bottleneckattn bat halo mhsa cot lct srm gct aa triplet danet fca seqk""",
    "norm": """weight weightnorm spectral local lrn
        abn inplaceabn iabn brn batchrenorm switchable ws bin""",
    "shortcut": "identitypad maxpool avgpool concat dense gated highway stochastic projectionnorm",
    "pool": "max lp lppool stochastic mixed attention gem rms median globalmax adaptivemax",
    "quantity": "latency fps size memory time",
}
"""By field, what the language has no word for: none of these is a slip of a word that it has."""
STEPS = {"activation": "prelu softmax"}
"""By field, the words that are no value of it, and kinds of steps."""
NEAREST_BLOCKS = {
    "bottleneck": "resnest xblock yblock cspbottleneck sebottleneck",
    "inverted_residual": "mbconv inverted invertedbottleneck irblock mobileblock",
    "fused_inverted_residual": "fusedmbconv edgeresidual fusedir",
    "res2net": "bottle2neck",
    "dense_layer": "dense denseblock",
    "dual_path": "dpn dpnblock",
    "shuffle_unit": "shuffle shuffleblock",
    "partial_conv": "pconv fasternet fasternetblock",
    "metanext": "inceptionnext inceptionnextblock",
    "osa": "vovnet oneshotaggregation",
    "preact_basic": "wide wideblock preactblock preactresblock",
    "conv": """dconv dwconv depthwise depthwiseconv depthwiseseparable dsconv sepconv separableconv
        deformconv deconv cbr vggblock""",
    "basic": "identityblock sebasicblock",
}
"""By block here, the blocks of other libraries to which it is the nearest."""
SAME_FIELDS = {
    "bottleneck_width": "group_width group_size",
    "groups": "num_groups",
    "width": "mid_channels mid_chs",
    "channels": "out_channels out_chs out_planes",
    "blocks": "depth num_blocks n_blocks repeats num_repeats",
    "stride": "strides",
    "dilation": "dilation_rate",
    "norm": "norm_layer normalization bn",
    "activation": "act act_layer act_fn activation_fn activation_layer nonlinearity",
    "kernel": "kernel_size",
    "bias": "use_bias",
    "classes": "num_classes n_classes nb_classes",
    "dropout": "drop_rate dropout_rate",
    "zero_init": "zero_init_residual zero_init_last",
    "attention": "attn attn_layer",
    "eps": "epsilon",
    "slope": "negative_slope",
    "size": "img_size image_size",
    "growth": "growth_rate",
    "subtract": "sub minus",
    "multiply": "mul",
    "concat": "cat concatenate",
    "split": "chunk",
    "minimum": "min",
    "maximum": "max",
    "description": "desc",
}
"""By field here, the names that mean just this field, wherever it stands."""
LIKE_FIELDS = {
    "cardinality": "groups num_groups",
    "bottleneck_width": "base_width width_per_group",
    "width": "planes",
    "channels": "planes widths dims filters num_filters",
    "blocks": "num_layers layers depths",
    "kernels": "kernel_sizes",
    "kernel": "kernel_sizes pool_size dw_kernel_size",
    "expand_ratio": "exp_ratio mlp_ratio",
    "drop_path": "drop_path_rate drop_path_prob drop_connect_rate stochastic_depth_prob",
    "layer_scale": "ls_init_value layer_scale_init_value",
    "dilation": "dilations",
    "padding": "pad",
    "shortcut": "downsample shortcuts",
    "attention": "se attentions",
    "add": "sum plus residual",
    "resize": "interpolate upsample",
    "fields": "parameters params arguments args",
    "steps": "body layers",
    "size": "resolution input_size",
    "slope": "alpha",
    "reduction": "reduction_ratio",
    "ratio": "reduction_ratio",
    "round": "rd_divisor",
    "stages": "backbone",
    "head": "classifier fc",
    "extends": "base inherits",
    "archc": "version",
}
"""The same of names that mean this field or one like it, in some libraries or places."""
_IN_CHANNELS = "what arrives is known; the channels of the image are `input: {channels: 3}`"
_BLOCKS_ALONE = "a network brings `blocks` of its own, and no other documents"
_WIDTH = "say the width itself: a 3x3 of 64 channels is `width: 64`"
NO_WORD = "the language has no word for it"
PHRASES = {
    "expansion": "`channels` leave the block: a bottleneck of width 64 with expansion 4 says `channels: 256`; "
    "an inverted residual says `expand_ratio`",
    "bottle_ratio": _WIDTH,
    "bottleneck_ratio": f"{_WIDTH}; in a `rule` write `b`, the inverse: where it was 0.5, `b: 2`",
    "width_mult": "say the channels of each stage",
    "se_ratio": "write `attention: {type: se, ratio: 0.25}`, with `of: block_input` as RegNet and EfficientNet count",
    "rd_ratio": "write `attention: {type: se, ratio: 0.25}`",
    "in_chans": _IN_CHANNELS,
    "in_channels": _IN_CHANNELS,
    "in_planes": _IN_CHANNELS,
    "inplanes": _IN_CHANNELS,
    "mean": "the mean of all positions is `{pool: global}`; one of maps is `add`, and `scale` behind it",
    "shortcuts": _BLOCKS_ALONE,
    "attentions": _BLOCKS_ALONE,
}
"""What to write where no one field is meant."""
