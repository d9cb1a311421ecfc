"""What the operations' declarations share."""

from __future__ import annotations

from typing import Any

from jobs.api.idempotency import HEADER, LONGEST_KEY
from jobs.api.schemas.base import ProblemOut


def problems(*statuses: int) -> dict[int, Any]:
    """The refusals that an operation documents; those of every operation are included."""
    return dict.fromkeys(sorted({401, 403, 429, *statuses}), ProblemOut)


#: For operations that change something.
IDEMPOTENT: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
            "description": "A key of your own, for example a UUID. The same key with the same "
            "body gets the first answer again, for at least 24 hours.",
        }
    ]
}


#: What an operation that changes something may answer.
CHANGES = problems(404, 409, 413, 415, 422)
