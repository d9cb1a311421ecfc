"""Files that are not what they should be, and mappings with mistakes."""

from __future__ import annotations

import tomllib
import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any

import psutil
import pytest

from jobs.intake.errors import BadRow, IntakeError
from jobs.intake.mapping import load_mapping, parse_mapping
from jobs.intake.reading import Row, read_rows
from tests.intake.conftest import BOSTON


def read(data: bytes, needed: tuple[str, ...] = ("a", "b")) -> list[Row | tuple[int, BadRow]]:
    return list(read_rows(BytesIO(data), encoding="utf-8", delimiter=",", needed=needed))


def lines_of(found: list[Row | tuple[int, BadRow]]) -> tuple[list[int], list[int]]:
    """Lines of good rows and of bad ones."""
    good = [row.line for row in found if isinstance(row, Row)]
    return good, [row[0] for row in found if isinstance(row, tuple)]


def test_quotes_line_breaks_and_a_byte_order_mark_are_read() -> None:
    found = read(b'\xef\xbb\xbfa,b,c\n1,"two\nlines",x\n\n2,"say ""hi""",y\n')
    assert [row.cells for row in found if isinstance(row, Row)] == [
        {"a": "1", "b": "two\nlines"},
        {"a": "2", "b": 'say "hi"'},
    ]
    assert lines_of(found) == ([2, 5], [])


def test_a_row_that_is_not_utf_8_is_reported_and_the_rest_is_read() -> None:
    found = read("a,b\n1,x\n2,caf\xe9\n3,café\n".encode("latin-1").replace(b"3,caf\xe9", b"3,ok"))
    assert lines_of(found) == ([2, 4], [3])
    bad = found[1]
    assert isinstance(bad, tuple)
    assert bad[1].column == "b"
    assert "save the file as UTF-8" in bad[1].reason


def test_too_few_and_too_many_cells_are_reported() -> None:
    found = read(b"a,b\n1\n2,x,y\n3,x,\n4,x\n")
    assert lines_of(found) == ([4, 5], [2, 3])


def test_a_quote_that_is_never_closed_does_not_swallow_the_memory() -> None:
    found = read(b'a,b\n1,x\n2,"open\n' + b"3,x\n" * 200_000)
    good, bad = lines_of(found)
    assert good[0] == 2
    assert bad[0] == 3
    assert len(good) > 150_000, "reading goes on after the broken cell"


def test_a_damaged_file_is_rows_with_reasons() -> None:
    found = read(b"a,b\n1,x\n2,\x00\n3,x\n")
    assert lines_of(found) == ([2, 4], [3])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"a;b\n1;2\n", "separated by something else"),
        (b"a,c\n1,2\n", "lacks the column b. It has: a, c"),
        (b"x,y\n1,2\n", "lacks the columns a, b"),
        (b"a,b,b\n1,2,3\n", "has the column b twice"),
        ("a,b\n1,2\n".encode("utf-16"), "is not"),
        (b"\xff\xd8\xff\xe0" + bytes(range(1, 200)) * 50, "is not"),
    ],
    ids=["empty", "semicolons", "one-missing", "two-missing", "twice", "utf-16", "a-picture"],
)
def test_an_unusable_file_is_one_clear_message(data: bytes, words: str) -> None:
    with pytest.raises(IntakeError, match=words):
        read(data)


class _Endless(RawIOBase):
    """A file of so many rows that is made while it is read."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        self.rows = rows

    def readline(self, size: int | None = -1) -> bytes:  # type: ignore[override]
        return next(self.rows, b"")


def _million() -> Iterator[bytes]:
    yield b"a,b\n"
    for number in range(1_000_000):
        yield b"%d,x\n" % number


def test_a_million_rows_are_read_in_bounded_memory() -> None:
    stream: Any = _Endless(_million())
    process = psutil.Process()
    before = process.memory_info().rss
    count = sum(1 for _ in read_rows(stream, encoding="utf-8", delimiter=",", needed=("a", "b")))
    assert count == 1_000_000
    assert process.memory_info().rss - before < 20_000_000


def test_a_line_without_end_is_not_read_into_memory() -> None:
    def rows() -> Iterator[bytes]:
        yield b"a,b\n"
        for _ in range(200):
            yield b"x" * 1_000_000  # one line of 200 MB
        yield b"\n"
        yield b"1,x\n"

    tracemalloc.start()
    stream: Any = _Endless(rows())
    found = list(read_rows(stream, encoding="utf-8", delimiter=",", needed=("a", "b")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    good, bad = lines_of(found)
    assert (len(good), len(bad)) == (1, 1)
    assert peak < 10_000_000


def change(path: str, value: object) -> dict[str, Any]:
    """The Boston mapping with one setting changed; ``None`` removes it."""
    data = tomllib.loads(BOSTON.read_text())
    *sections, key = path.split(".")
    table = data
    for section in sections:
        table = table[section]
    if value is None:
        del table[key]
    else:
        table[key] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("extra", {}, "unknown section “extra”"),
        ("columns.opened", None, "lacks “opened”"),
        ("columns.colour", "X", "unknown setting “colour”"),
        ("columns.latitude", None, "both or neither"),
        ("texts.address", "", "missing or empty"),
        ("texts.address", "{neighborhood", "Write a column as"),
        ("texts.address", "{}", "write a column as"),
        ("texts.address", "{a!r}", "write a column as"),
        ("dates.time_zone", "Boston", "not an IANA time zone"),
        ("dates.format", None, "missing or empty"),
        ("dates.shift", {"day": "2015-08-03", "becomes": "tomorrow"}, "shift must read"),
        ("dates.shift", "tomorrow", "shift must read"),
        ("priority.above", "whenever", "not a priority"),
        ("priority.up_to_hours", {"urgent": -1}, "above 0"),
        ("window.hours", ["08:00"], "must be a list such as"),
        ("window.hours", ["12:00-08:00"], "ends before it starts"),
        ("window.working_days", 0, "from 1 to 30"),
        ("file.encoding", "utf-16", "cannot be streamed"),
        ("file.encoding", "klingon", "is not known"),
        ("file.delimiter", ",,", "one character"),
        ("types", {}, "is missing"),
        ("types.Plumbing", 7, "must be a service type"),
        ("types.Plumbing", {"service_type": "x", "minutes": 0}, "from 1 to 1440"),
    ],
)
def test_a_mistake_in_a_mapping_is_one_clear_message(path: str, value: object, words: str) -> None:
    with pytest.raises(IntakeError, match=words):
        parse_mapping(change(path, value), default_name="boston")


def test_a_mapping_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="There is no mapping file"):
        load_mapping(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[columns")
    with pytest.raises(IntakeError, match="not valid TOML"):
        load_mapping(broken)
