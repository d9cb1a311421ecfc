"""Papers as rows, without a file behind them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from network.clock import app_now
from network.models import Branch, Contractor, Document, Requirement


def requirement(branch: Branch, name: str = "Insurance", **changes: Any) -> Requirement:
    """Asked for since January; branch-wide unless a skill or a service type is given."""
    return Requirement.objects.create(
        branch=branch,
        name=name,
        **{"kind": "insurance", "required_from": date(2026, 1, 1), **changes},
    )


def paper(
    contractor: Contractor, needed: Requirement | None, expires_on: date | None, **changes: Any
) -> Document:
    """An approved paper, as SQL would write it: nobody's clearance is worked out."""
    return Document.objects.create(
        contractor=contractor,
        requirement=needed,
        **{
            "kind": needed.kind if needed else "certificate",
            "expires_on": expires_on,
            "state": "approved",
            "reviewed_at": app_now(),
            "file_name": f"papers/{uuid4()}",
            "original_name": "paper.pdf",
            "content_type": "application/pdf",
            "size_bytes": 1,
            "sha256": "0" * 64,
            **changes,
        },
    )
