"""The placeholder language: nothing but names, and every mistake said in words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.messaging.placeholders import PlaceholderError, check, fill, names

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
PLAIN = st.text(alphabet=st.characters(exclude_characters="{}\r\n", exclude_categories=["Cs"]))


@given(parts=st.lists(st.tuples(PLAIN, NAMES), max_size=6), end=PLAIN)
def test_what_stands_between_placeholders_stays_as_it_is(parts, end):
    text = "x" + "".join(f"{plain}{{{name}}}" for plain, name in parts) + end
    values = {name: f"<{name}>" for _, name in parts}
    assert fill(text, values) == "x" + "".join(f"{p}<{n}>" for p, n in parts) + end


@given(name=NAMES, value=st.text(alphabet="{}abc \n.%$"))
def test_a_value_is_never_read_as_a_text_itself(name, value):
    assert fill("x {" + name + "} y", {name: value}) == f"x {value} y"


@given(text=st.text(alphabet="{}ab_.!0[] \n"))
def test_any_text_is_filled_in_or_refused_with_words(text):
    """Whatever somebody types: a clear refusal, or a text without an open placeholder."""
    found: list[str] = []
    with suppress(PlaceholderError):
        found = names(text)
    try:
        check(text, found)
    except PlaceholderError:
        with pytest.raises(PlaceholderError, match=r"\w"):
            fill(text, dict.fromkeys(found, "v"))
        return
    filled = fill(text, dict.fromkeys(found, "v"))
    assert len(filled) <= len(text) + len(found) * len(text)


@given(text=PLAIN)
def test_doubled_braces_write_braces(text):
    assert fill("a" + text + "{{b}}", {}) == "a" + text + "{b}"


@pytest.mark.parametrize(
    "text",
    [
        "{name.password}", "{name[0]}", "{name!r}", "{name:>9}", "{0}", "{}", "{ name }", "{Name}",
        "{__class__}", "{name", "name}", "{a{b}}",
    ],
)  # fmt: skip
def test_nothing_but_a_name_stands_in_braces(text):
    with pytest.raises(PlaceholderError):
        fill(text, {"name": "Harold", "a": "", "b": ""})


def test_an_unknown_name_is_refused_with_all_that_are_known():
    with pytest.raises(PlaceholderError) as error:
        check("Hello {nmae}", ["name", "pay"])
    assert str(error.value) == "{nmae} is not known here. Known are: {name}, {pay}."


def test_a_line_that_would_say_nothing_is_left_out_with_its_gap():
    text = "Hello.\n\n{note}\n\nGoodbye."
    assert fill(text, {"note": ""}) == "Hello.\n\nGoodbye."
    assert fill(text, {"note": "Snow."}) == "Hello.\n\nSnow.\n\nGoodbye."
    assert fill("Page: {note}", {"note": ""}) == "Page: ", "a line with words stays"
