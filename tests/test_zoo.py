"""The page of shipped specs is what the specs say."""

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
