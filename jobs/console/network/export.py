"""The list as CSV: exactly the contractors of the filter, streamed in pieces of some hundreds."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

from jobs.console.network.loads import NOTHING, read_loads
from jobs.console.network.places import territory_words, town_of
from jobs.console.network.rows import load_contractors, papers_that_end, skills_of
from jobs.console.network.states import standing
from network.models import Branch, Contractor
from network.spreadsheet import neutral

#: Contractors read and written at once.
PIECE = 500
COLUMNS = [
    "name", "status", "now", "email", "phone", "technicians", "skills", "based_in", "territory",
    "cleared_until", "paper_that_ends_first", "set_by_hand_because", "paused_until",
    "taken_hours_next_7_days", "open_hours_next_7_days", "rating", "ratings", "offers", "accepted",
    "declined", "no_answer", "median_answer_minutes", "call_out_fee", "hourly_rate", "currency",
    "joined", "imported_as", "id",
]  # fmt: skip


def csv_response(
    request: HttpRequest, ids: Sequence[int], *, branch: Branch, at: datetime
) -> StreamingHttpResponse:
    """The file, sent piece by piece as it is read, under any server."""
    pieces = csv_pieces(ids, branch=branch, at=at)
    # Under ASGI a plain iterator would be read whole before the first byte leaves.
    content = in_async(pieces) if hasattr(request, "scope") else pieces
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    local = at.astimezone(branch.zone)
    name = f"{branch.slug}-contractors-{local:%Y-%m-%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def in_async(pieces: Iterator[str]) -> AsyncIterator[str]:
    """The pieces, each made in the request's own thread."""
    read = sync_to_async(lambda: next(pieces, None))
    while (piece := await read()) is not None:
        yield piece


def csv_pieces(ids: Sequence[int], *, branch: Branch, at: datetime) -> Iterator[str]:
    """The head, then the contractors in this order; a fixed number of queries a piece."""
    yield "\ufeff" + _lines([COLUMNS])
    for first in range(0, len(ids), PIECE):
        piece = ids[first : first + PIECE]
        loads = read_loads(branch, at=at, contractor_ids=piece)
        papers = papers_that_end(piece)
        yield _lines(
            [
                _cells(
                    contractor,
                    branch=branch,
                    at=at,
                    load=loads.get(contractor.pk, NOTHING),
                    paper=papers.get(contractor.pk, ""),
                )
                for contractor in load_contractors(piece)
            ]
        )


def _lines(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cells(contractor: Contractor, *, branch: Branch, at: datetime, load, paper: str) -> list[str]:  # type: ignore[no-untyped-def]
    card = getattr(contractor, "scorecard", None)
    paused = contractor.paused_until
    values = (
        contractor.name, contractor.status, standing(contractor, branch=branch, at=at).text,
        contractor.email, contractor.phone,
        len(contractor.people),  # type: ignore[attr-defined]
        "; ".join(skills_of(contractor)),
        town_of(contractor.base_latitude, contractor.base_longitude),
        territory_words(getattr(contractor, "territory", None), branch.distance_unit),
        contractor.cleared_until, paper, contractor.clearance_override_note,
        paused.astimezone(branch.zone).isoformat(timespec="minutes") if paused else None,
        f"{load.taken / 60:.1f}", f"{load.open / 60:.1f}",
        None if card is None or card.rating_average is None else f"{card.rating_average:.2f}",
        card and card.rating_count, card and card.offers_count, card and card.accepted_count,
        card and card.declined_count, card and card.expired_count,
        None if card is None or card.response_median is None else f"{card.response_median:.1f}",
        contractor.call_out_fee, contractor.hourly_rate, branch.currency, contractor.joined_on,
        contractor.external_ref, contractor.public_id,
    )  # fmt: skip
    return [neutral("" if value is None else str(value)) for value in values]
