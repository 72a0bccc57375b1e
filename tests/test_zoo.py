"""The page of shipped specs is what the specs say, and what it leaves out is all that is left out."""

import re
from fnmatch import fnmatchcase

import peers
import pytest
from update import assert_golden

from archcompiler.claims.check import check_spec
from archcompiler.render.marked import with_parts
from archcompiler.render.networks import TABLE
from archcompiler.render.zoo import PAGE, networks, zoo


@pytest.fixture(scope="module")
def results():
    return [check_spec(name) for name in peers.SHIPPED]


@pytest.mark.parametrize(("file", "written"), [(PAGE, zoo), (TABLE, networks)], ids=["page", "table"])
def test_what_is_written_of_all_specs_is_current(results, file, written):
    """UPDATE_GOLDENS=1, or `python -m archcompiler.render.zoo`, writes it anew."""
    assert_golden(file, written(results))


def test_a_page_that_does_not_name_each_part_once_is_refused():
    page = "<!-- generated: one -->\nold\n<!-- end -->\n"
    assert with_parts(page, {"one": "new"}) == "<!-- generated: one -->\n\nnew\n\n<!-- end -->\n"
    for wrong in (page * 2, ""):
        with pytest.raises(ValueError, match="where there are one"):
            with_parts(wrong, {"one": "new"})


def test_every_spec_has_a_row_with_a_link_to_it_and_a_description():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    for name in peers.SHIPPED:
        link = f"| [{name.rpartition('/')[2]}]({name}.yaml) | "
        (row, *_) = [row for row in rows if row.startswith(link)]
        assert len(row.split(" | ")[1]) > 20


FAMILIES = """
byobnet convmixer convnext cspnet cspnext densenet dla dpn efficientnet fasternet fastvit focalnet ghostnet hardcorenas
hgnet hrnet inception_next inception_resnet_v2 inception_v3 inception_v4 lcnetv2 mambaout metaformer mobilenetv3 nasnet
nfnet pnasnet rdnet regnet repghost repvit res2net resnest resnet resnetv2 rexnet selecsls senet sknet starnet tresnet
vgg vovnet xception xception_aligned
"""
"""The modules of timm whose networks are convolutional and run stage by stage; the others are made of attention."""


def left_out():
    """Return the patterns of the networks that the page says are left out, in order."""
    page = PAGE.read_text(encoding="utf-8")
    table = page.partition("## What is left out")[2].partition("\n\n|")[2].partition("\n\n")[0]
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_every_network_of_timms_families_is_shipped_or_left_out_on_the_page():
    import timm

    names = {name for family in FAMILIES.split() for name in timm.list_models(module=family)}
    missing = names - {peers.short(spec) for spec in peers.SHIPPED if spec.startswith("timm/")}
    patterns = left_out()
    told = {pattern: {name for name in missing if fnmatchcase(name, pattern)} for pattern in patterns}
    assert missing - set().union(*told.values()) == set(), "enter them on the page, with what they lack"
    assert [pattern for pattern in patterns if not told[pattern]] == [], "take them off the page"
    assert len(patterns) == len(set(patterns))


def test_every_network_of_torchvision_that_runs_stage_by_stage_is_shipped():
    from torchvision import models

    ours = {peers.short(spec) for spec in peers.SHIPPED if not spec.startswith("timm/")}
    attention = ("vit_", "swin_", "maxvit_")
    assert [name for name in models.list_models(models) if name not in ours and not name.startswith(attention)] == []
