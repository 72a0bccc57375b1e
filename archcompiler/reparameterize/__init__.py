"""Re-parameterisation: a graph rewritten so that fewer layers compute the same in evaluation.

A norm in evaluation multiplies each channel by a number and adds one. So it folds into the convolution in front of it,
or into the one behind it where that pads nothing. A sum of convolutions of one map is one convolution, and so is a sum
of these with a norm of the map or the map itself, which are convolutions with an identity kernel. RepVGG trains the sum
and runs the one (arXiv:2101.03697, section 3.3).

    >>> from archcompiler import compile
    >>> from archcompiler.reparameterize.rewrite import reparameterized
    >>> folded = reparameterized(compile("timm/repvgg_a0")).folded[2]
    >>> folded.path, [layer.path for layer in folded.layers if layer.path][2:]
    ('stages.0.1.reparam_conv', ['stages.0.1.conv_1x1.conv', 'stages.0.1.conv_1x1.bn', 'stages.0.1.identity'])

No layer is known by its name or class: ops say by `affine_form` what they are in evaluation.
"""
