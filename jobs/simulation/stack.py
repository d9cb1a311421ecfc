"""Finds the running stack."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from django.db import connection

from jobs.simulation.errors import SimulationError

HOW = "Start one in another terminal with: make run TIME_SCALE=240"
#: Wall seconds after which a clock that gave no sign of life is taken to have stopped.
LOST_AFTER = 20


def find_stack(*, url: str, var: Path) -> str:
    """The running site's address: ``url``, else what it wrote down, else PORT, else port 8000.

    Raises SimulationError when nothing answers there, or no clock runs beside it.
    """
    address = url or _written_down(var) or f"http://localhost:{os.environ.get('PORT') or 8000}"
    address = address.rstrip("/")
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310
            if answer.status != 200:
                raise SimulationError(f"The site at {address} is not well. {HOW}")
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise SimulationError(f"No site answers at {address} ({error}). {HOW}") from error
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM jobs_clockbeat"
            " WHERE beat_at > clock_timestamp() - %s * interval '1 second')",
            [LOST_AFTER],
        )
        if not cursor.fetchone()[0]:
            raise SimulationError(f"No clock runs on this database. {HOW}")
    return address


def _written_down(var: Path) -> str:
    """The address that ``manage.py run`` keeps beside its data while it runs."""
    try:
        found = json.loads((var / "site.json").read_text())
    except (OSError, ValueError):
        return ""
    return str(found.get("url", "")) if isinstance(found, dict) else ""
