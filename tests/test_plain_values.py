"""What is sound by the simplest keywords is sound to jsonschema too, and the shipped specs are sound by these alone."""

import subprocess
import sys

import peers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcompiler.schema import values
from archcompiler.schema.language import schema
from archcompiler.schema.plain_values import is_plainly_sound

FIELDS = [
    described
    for name in ("architecture.json", "block.json", "names.json")
    for definition in ("", *schema(name).root["$defs"])
    if "additionalProperties" in schema(name).definition(definition)
    for described in values._values(schema(name).definition(definition)).get("properties", {}).values()
    if described
]
"""What the schemas say of every plain value."""
NUMBERS = st.integers(-3, 300) | st.integers() | st.floats() | st.sampled_from([0.0, 1.0, 1, True, False, 10**9 + 1])
WORDS = sorted(
    {word for field in FIELDS for word in [*field.get("enum", ()), *field.get("examples", ())] if isinstance(word, str)}
)
SCALARS = NUMBERS | st.none() | st.text(max_size=5) | st.sampled_from(WORDS)
VALUES = SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


@settings(max_examples=3000)
@given(st.sampled_from(FIELDS), VALUES)
def test_what_is_plainly_sound_is_sound(described, value):
    if is_plainly_sound(described, value):
        assert values._validator_class()(described).is_valid(value)


def test_examples_of_the_schema_are_plainly_sound():
    """Else the library would be loaded for the commonest of values."""
    examples = [(field, example) for field in FIELDS for example in field.get("examples", ())]
    assert len(examples) > 100
    assert [each for each in examples if not is_plainly_sound(*each)] == []


@pytest.mark.parametrize("spec", [spec for spec in peers.SHIPPED if spec.startswith(("resnet/", "timm/convnext"))][:8])
def test_a_sound_spec_loads_no_jsonschema(spec):
    code = f"import sys, archcompiler; archcompiler.cost({spec!r}); assert 'jsonschema' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
