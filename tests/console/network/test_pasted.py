"""Pasted lists of addresses: what is used, and what is said of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.console.network.pasted import MOST, read_pasted


@pytest.mark.parametrize(
    ("line", "email", "name"),
    [
        ("ada@pipe.example", "ada@pipe.example", ""),
        ("  ADA@Pipe.Example ;", "ada@pipe.example", ""),
        ("Ada Pipe <ada@pipe.example>", "ada@pipe.example", "Ada Pipe"),
        ('"Pipe, Ada" <ada@pipe.example>,', "ada@pipe.example", "Pipe Ada"),
        ("ada@pipe.example, Ada Pipe", "ada@pipe.example", "Ada Pipe"),
        ("Ada Pipe\tada@pipe.example", "ada@pipe.example", "Ada Pipe"),
        ("ada@pipe.example.", "ada@pipe.example", ""),
    ],
)
def test_a_line_as_it_comes_out_of_a_list(line, email, name):
    [one] = read_pasted(line).invitees
    assert (one.email, one.name) == (email, name)


def test_bad_lines_are_named_and_the_others_used():
    found = read_pasted(
        "ada@pipe.example\n\nBo the builder\ncy@nowhere\ndi@d.example, ed@e.example"
    )
    assert [one.email for one in found.invitees] == [
        "ada@pipe.example", "di@d.example", "ed@e.example",
    ]  # fmt: skip
    assert found.bad == [
        (3, "Bo the builder", "there is no e-mail address in it"),
        (4, "cy@nowhere", "this is not an e-mail address"),
    ]


def test_the_same_address_twice_is_used_once():
    assert len(read_pasted("ada@pipe.example\nADA@pipe.example").invitees) == 1


def test_so_many_at_once_are_the_most():
    found = read_pasted("\n".join(f"a{number}@pipe.example" for number in range(MOST + 2)))
    assert len(found.invitees) == MOST
    assert [line for line, _, _ in found.bad] == [MOST + 1, MOST + 2]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_whatever_is_pasted_every_line_is_used_or_named(text):
    found = read_pasted(text)
    addresses = [one.email for one in found.invitees]
    assert len(addresses) == len(set(addresses))
    lines = [line.strip().strip(",;").strip() for line in text.replace("\0", "").splitlines()]
    told = {one.line for one in found.invitees} | {line for line, _, _ in found.bad}
    silent = [line for number, line in enumerate(lines, 1) if line and number not in told]
    # A silent line repeats addresses that were used before.
    assert all(any(address in line.lower() for address in addresses) for line in silent)
