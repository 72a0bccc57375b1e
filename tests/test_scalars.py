from __future__ import annotations

import math
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.diagnostics import SpecError
from archcompiler.syntax import scalars, yaml_1_1
from archcompiler.syntax.parse import parse, parse_value
from archcompiler.tree import plain

TYPED = [
    ("null", None),
    ("~", None),
    ("", None),
    ("true", True),
    ("FALSE", False),
    ("12", 12),
    ("-0", 0),
    ("+7", 7),
    ("0x1F", 31),
    ("007", 7),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1.", 1.0),
    ("1.0e-5", 1e-5),
    ("-.inf", -math.inf),
    ("y", "y"),
    ("7x7", "7x7"),
    ("1..4", "1..4"),
    ("nUll", "nUll"),
    ("'12'", "12"),
    ('"on"', "on"),
    ("999999999999999999", 999999999999999999),
]


@pytest.mark.parametrize(("written", "value"), TYPED)
def test_scalars_have_the_types_of_yaml_1_2_core(written: str, value: object) -> None:
    found = plain(parse_value(written, "<--set>"))
    assert (type(found), found) == (type(value), value)


def test_nan_is_a_float() -> None:
    value = plain(parse_value(".nan", "<--set>"))
    assert isinstance(value, float)
    assert math.isnan(value)


AMBIGUOUS = [
    ("on", "write `true`, or quote it: `'on'`"),
    ("No", "write `false`, or quote it: `'No'`"),
    ("010", "write `8` or `10`, or quote it: `'010'`"),
    ("08", "write `8`, or quote it: `'08'`"),
    ("0o17", "write `15`, or quote it: `'0o17'`"),
    ("0b11", "write `3`, or quote it: `'0b11'`"),
    ("-0x1F", "write `-31`, or quote it: `'-0x1F'`"),
    ("3:30", "write `210`, or quote it: `'3:30'`"),
    ("1:30.5", "write `90.5`, or quote it: `'1:30.5'`"),
    ("1_000", "write `1000`, or quote it: `'1_000'`"),
    ("1e3", "write `1000`, or quote it: `'1e3'`"),
    ("1.5e-7", None),
    ("-.5", "write `-0.5`, or quote it: `'-.5'`"),
    ("1.e5", "write `100000`, or quote it: `'1.e5'`"),
    ("2001-12-14", "quote it: `'2001-12-14'`"),
    ("=", "quote it: `'='`"),
    ("<<", "quote it: `'<<'`"),
]


@pytest.mark.parametrize(("written", "mend"), AMBIGUOUS)
def test_a_scalar_that_two_versions_read_differently_is_refused(written: str, mend: str | None) -> None:
    text = f"a: [{written}]\n"
    if mend is None:
        assert plain(parse(text, "x.yaml")) == {"a": [float(written)]}
        return
    with pytest.raises(SpecError) as caught:
        parse(text, "x.yaml")
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.help) == ("Y003", mend)
    assert (fault.span.column, fault.span.end_column) == (5, 5 + len(written))


numberish = st.text(alphabet="0123456789+-._:eExXobBaf", min_size=1, max_size=12)


@given(st.one_of(numberish, st.from_regex(r"[-+]?[0-9]{1,3}(:[0-5]?[0-9]){1,2}(\.[0-9]*)?", fullmatch=True)))
def test_every_mend_is_unambiguous(text: str) -> None:
    _, problem = scalars.read_plain(text)
    if problem is not None and problem.help is not None:
        for mend in re.findall(r"`([^`']+)`", problem.help):
            assert scalars.read_plain(mend)[1] is None


@given(numberish)
def test_yaml_1_1_is_read_as_pyyaml_reads_it(text: str) -> None:
    try:
        expected = yaml.safe_load(f"[{text}]")[0]
    except (yaml.YAMLError, ValueError):  # PyYAML itself fails on `0b_`
        return
    tag = yaml_1_1.tag_of(text)
    if tag == "int":
        assert yaml_1_1.int_of(text) == expected
    elif tag == "float" and text[-1] not in "fN":
        assert yaml_1_1.float_of(text) == expected
