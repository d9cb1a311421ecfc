"""Reads a list of contractors, CSV or XLSX by its content, into rows of text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any
from zipfile import BadZipFile

from import_export.formats.base_formats import XLSX

from network.errors import NetworkError

LARGEST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
LONGEST_CELL = 500

Row = tuple[int, dict[str, str]]
"""The line (the heading is line 1) and the cells by column."""


def read_rows(content: bytes, *, needed: Sequence[str]) -> list[Row]:
    """All rows but empty ones. Raises NetworkError (field ``file``) for a file that is no list."""
    if len(content) > LARGEST_BYTES:
        raise _bad(f"The file is larger than {LARGEST_BYTES // 1024 // 1024} MB. Split it.")
    if not content.strip():
        raise _bad("The file is empty.")
    table = _xlsx(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    _, heading = next(table, (1, []))
    heading = [cell.strip() for cell in heading]
    missing = [column for column in needed if column not in heading]
    if missing:
        raise _bad(
            f"The file has no column “{missing[0]}”. It has: {', '.join(heading[:20]) or 'none'}."
        )
    positions = {column: heading.index(column) for column in heading if column}
    rows: list[Row] = []
    for line, cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) >= MOST_ROWS:
            raise _bad(f"The file has more than {MOST_ROWS:,} rows. Split it.")
        rows.append(
            (
                line,
                {
                    column: cells[position].strip()[:LONGEST_CELL] if position < len(cells) else ""
                    for column, position in positions.items()
                },
            )
        )
    return rows


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _bad(
            f"Line {line} is not UTF-8. Save the list as “CSV UTF-8” or as XLSX and try again."
        ) from error
    if "\0" in text:
        raise _bad("This is neither CSV nor XLSX.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _bad(f"Line {reader.line_num} cannot be read as CSV: {error}.") from error
        yield begins, cells
        begins = reader.line_num + 1


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        dataset = XLSX().create_dataset(content)
    except (BadZipFile, KeyError, ValueError, OSError, TypeError) as error:
        raise _bad("The workbook cannot be opened. Save it as XLSX or CSV again.") from error
    yield 1, [_text(cell) for cell in dataset.headers or []]
    for number, cells in enumerate(dataset, start=2):
        yield number, [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    """A cell as a person would type it: whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _bad(detail: str) -> NetworkError:
    return NetworkError("bad-file", detail, "file")
