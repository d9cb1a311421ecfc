"""Lists in pages: keyset cursors, opaque to clients.

A cursor says after which row the next page begins, so rows that come or go meanwhile never
shift it.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, QuerySet

from jobs.api.problems import Problem

M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200


def encode(order: str, *values: int | str) -> str:
    """A cursor for a list in the given order, behind the row with these keys."""
    text = json.dumps([order, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_id(cursor: str, order: str) -> int:
    """The id in a cursor. Raises Problem (422) for anything that this list did not give out."""
    (value,) = _decode(cursor, order, 1)
    return _id(value)


def decode_time_and_id(cursor: str, order: str) -> tuple[datetime, int]:
    """The instant and id in a cursor. Raises Problem (422)."""
    moment, value = _decode(cursor, order, 2)
    try:
        at = datetime.fromisoformat(str(moment))
    except ValueError as error:
        raise _foreign() from error
    if at.tzinfo is None or not 1970 <= at.year <= 9000:
        raise _foreign()
    return at, _id(value)


def cut(rows: QuerySet[M], limit: int) -> tuple[list[M], bool]:
    """The first ``limit`` rows, and whether there are more; one query."""
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit


def _decode(cursor: str, order: str, count: int) -> list[object]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        data = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise _foreign() from error
    if not isinstance(data, list) or len(data) != count + 1 or data[0] != order:
        raise _foreign()
    return data[1:]


def _id(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise _foreign()
    return value


def _foreign() -> Problem:
    text = "Send back a cursor exactly as this list gave it in “next”, with the same filters."
    return Problem("invalid-input", text, errors={"cursor": text})
