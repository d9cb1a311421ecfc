"""Reads a CSV file row by row, in bounded memory, whatever is in it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from jobs.intake.errors import BadRow, IntakeError

#: No sensible line is longer; a file without line breaks is not read into memory whole.
LONGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data: the line it begins on (the heading is line 1) and its cells by column."""

    line: int
    cells: dict[str, str]


class _Lines:
    """Decoded lines of a binary stream. Bytes that cannot be decoded become lone surrogates."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self.stream = stream
        self.encoding = encoding
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        while data := self.stream.readline(LONGEST_LINE):
            self.number += 1
            if not data.endswith(b"\n") and len(data) >= LONGEST_LINE:
                self._skip_to_next_line()
                # More than the csv module takes in one cell, so that it refuses this line.
                data = b"x" * (csv.field_size_limit() + 1)
            if self.number == 1:
                data = data.removeprefix(b"\xef\xbb\xbf")
            yield data.decode(self.encoding, errors="surrogateescape")

    def _skip_to_next_line(self) -> None:
        while data := self.stream.readline(LONGEST_LINE):
            if data.endswith(b"\n"):
                return


def read_rows(
    stream: BinaryIO, *, encoding: str, delimiter: str, needed: Sequence[str]
) -> Iterator[Row | tuple[int, BadRow]]:
    """Yield each row, or (line, what is wrong with it). Empty lines are passed over.

    Raises IntakeError when the heading is missing, cannot be decoded, or lacks needed columns.
    """
    lines = _Lines(stream, encoding)
    reader = csv.reader(iter(lines), delimiter=delimiter)
    heading = _heading(reader, encoding, delimiter, needed)
    positions = {name: heading.index(name) for name in needed}
    while True:
        begins = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begins, BadRow(_in_words(error, begins))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        try:
            yield Row(begins, _cells(cells, heading, positions, encoding))
        except BadRow as bad:
            yield begins, bad


def _heading(
    reader: Iterator[list[str]], encoding: str, delimiter: str, needed: Sequence[str]
) -> list[str]:
    try:
        heading = [cell.strip() for cell in next(reader)]
    except StopIteration:
        raise IntakeError("The file is empty: it lacks even a heading.") from None
    except csv.Error as error:
        raise IntakeError(
            f"The file's first line is not CSV ({error}). Save it as CSV in UTF-8."
        ) from error
    if any(_undecodable(cell) for cell in heading):
        raise IntakeError(
            f"The file's first line is not {encoding}. Save the file as UTF-8, or name its "
            "encoding in the mapping under [file]."
        )
    if missing := [name for name in needed if name not in heading]:
        found = ", ".join(heading)[:300]
        hint = (
            f" Are its columns separated by something else than “{delimiter}”?"
            if len(heading) == 1
            else ""
        )
        raise IntakeError(
            f"The file lacks the column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}. It has: {found}.{hint}"
        )
    doubled = sorted({name for name in needed if heading.count(name) > 1})
    if doubled:
        raise IntakeError(f"The file has the column {doubled[0]} twice; rename one of them.")
    return heading


def _cells(
    cells: list[str], heading: list[str], positions: dict[str, int], encoding: str
) -> dict[str, str]:
    for name, cell in zip(heading, cells, strict=False):
        if _undecodable(cell):
            raise BadRow(
                f"not {encoding}: save the file as UTF-8, or name its encoding in the mapping",
                name,
            )
        if "\0" in cell:
            raise BadRow("holds a NUL character: the file is damaged or not text", name)
    if len(cells) < len(heading):
        raise BadRow(
            f"has {len(cells)} cells and the heading has {len(heading)}: is a delimiter missing?"
        )
    if any(cell.strip() for cell in cells[len(heading) :]):
        raise BadRow(
            f"has {len(cells)} cells and the heading has {len(heading)}: does a text with a "
            "delimiter lack its quotes?"
        )
    return {name: cells[position].strip() for name, position in positions.items()}


def _undecodable(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _in_words(error: csv.Error, line: int) -> str:
    if "field larger" in str(error):
        return (
            f"a cell that begins on line {line} is longer than {csv.field_size_limit():,} "
            "characters: is a quote opened there and never closed?"
        )
    return f"is not CSV: {error}"
