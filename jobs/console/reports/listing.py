"""The list behind a figure: the very rows it was counted from, a page of them or all as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from jobs.console.reports.figures import over, parameters
from jobs.console.reports.measures import ROW_COLUMNS, Kind, Measure
from jobs.console.reports.period import Period
from jobs.states import CancelBy, CancelReason, JobStatus, OfferStatus, ReleaseReason, VisitResult
from network import display
from network.models import Branch

#: Rows at first, and how many "show more" adds.
PAGE = 50
#: More than this is not a page any more; the CSV has them all.
MOST = 500

_LIST = f"""
SELECT x.at, x.value, x.good, x.note, x.amount, x.currency, j.public_id, j.reference,
       j.description, j.time_zone, s.name, s.trade, c.name, c.public_id
  FROM (SELECT {ROW_COLUMNS} FROM r WHERE r.at >= %(start)s AND r.at < %(end)s
           AND (%(only)s::boolean IS NULL OR r.good = %(only)s)
           AND (%(cause)s::text IS NULL OR r.note = %(cause)s)
           AND (%(contractor)s::uuid IS NULL OR r.contractor_id = (
                SELECT id FROM network_contractor
                 WHERE public_id = %(contractor)s AND branch_id = %(branch)s))) x
  JOIN jobs_job j ON j.id = x.job_id
  JOIN network_servicetype s ON s.id = j.service_type_id
  LEFT JOIN network_contractor c ON c.id = x.contractor_id
"""
#: Newest first; a list sorted by value begins with what is worst.
_ORDERS = {
    "newest": "ORDER BY x.at DESC, x.job_id DESC",
    "highest": "ORDER BY x.value DESC NULLS LAST, x.at DESC, x.job_id DESC",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was counted. ``value`` is in the measure's unit."""

    at: datetime
    value: float | None
    good: bool | None
    note: str
    amount: Decimal | None
    currency: str
    job_public_id: Any
    reference: str
    description: str
    time_zone: str
    service: str
    trade: str
    contractor: str | None
    contractor_public_id: Any

    @property
    def title(self) -> str:
        """As the board calls the job: the customer's words, else the kind of work."""
        lines = self.description.strip().splitlines()
        return lines[0][:80] if lines else self.service


def load_rows(
    measure: Measure,
    *,
    branch: Branch,
    period: Period,
    trade: str | None,
    only: bool | None = None,
    contractor: str | None = None,
    cause: str | None = None,
    order: str = "newest",
    limit: int | None = None,
) -> list[Row]:
    """The rows of the period, ``limit`` at most (None: all). One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            over(measure, f"{_LIST} {_ORDERS[order]} LIMIT %(limit)s"),
            {
                **parameters(branch, period, trade),
                "only": only,
                "contractor": contractor,
                "cause": cause,
                "limit": limit,
            },
        )
        return [Row(*row) for row in cursor.fetchall()]


def row_unit(measure: Measure) -> str:
    """The unit of a single row's value."""
    return measure.unit if measure.row_unit is None else measure.row_unit


def value_text(measure: Measure, value: float | None, *, unit: str | None = None) -> str:
    """A value in its unit: ``42 %``, ``1 h 5 min``, ``1.5``; a dash for none."""
    if value is None:
        return "–"
    unit = measure.unit if unit is None else unit
    if unit == "min":
        return display.duration(value) if value >= 1 else f"{round(value * 60)} s"
    if unit == "%":
        return f"{value:.0f} %" if measure.kind is Kind.MEAN else f"{value:.1f} %"
    return f"{value:.2f}"


_NOTES: dict[str, str] = {
    **{str(value): str(label) for value, label in OfferStatus.choices},
    **{str(value): str(label) for value, label in JobStatus.choices},
    **{str(value): str(label) for value, label in VisitResult.choices},
    **{str(value): str(label) for value, label in ReleaseReason.choices},
}


def note_text(note: str) -> str:
    """A row's code in words; ``customer:price`` is *The customer: the price*."""
    by, colon, reason = note.partition(":")
    if colon:
        who = dict(CancelBy.choices).get(by, by)
        why = str(dict(CancelReason.choices).get(reason, reason))
        return f"{who}: {why[:1].lower()}{why[1:]}"
    return _NOTES.get(note, note.replace("_", " "))


CSV_COLUMNS = [
    "at", "time_zone", "reference", "service", "trade", "contractor", "value", "unit", "counts",
    "what", "amount", "currency",
]  # fmt: skip


def csv_rows(measure: Measure, rows: list[Row]) -> Iterator[list[str]]:
    """The rows as text for a spreadsheet; instants local to the site, with their offset."""
    for row in rows:
        yield [
            display.in_zone(row.at, row.time_zone).isoformat(timespec="minutes"),
            row.time_zone,
            row.reference,
            row.service,
            row.trade,
            row.contractor or "",
            "" if row.value is None else f"{row.value:.2f}",
            row_unit(measure) if row.value is not None else "",
            "" if row.good is None else ("yes" if row.good else "no"),
            note_text(row.note) if row.note else "",
            "" if row.amount is None else str(row.amount),
            row.currency,
        ]
