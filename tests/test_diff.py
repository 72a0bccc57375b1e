"""What a comparison of two specs says of them."""

import archcompiler
from archcompiler.analyses.cost import Cost
from archcompiler.compare.rules import Impact


def test_the_stride_of_v1_and_v1_5_changes_the_function_and_no_weight():
    found = archcompiler.diff("resnet/resnet50_v1", "resnet/resnet50")
    assert found.impact == Impact.FUNCTION
    assert (found.delta.params, found.delta.macs) == (0, 231_211_008)
    assert (found.first.rule, found.first.old.name) == ("D301", "layer2.0.conv1")
    assert found.weights.share_kept == 1
    assert found.interaction == Cost()
