"""An invented past: outcomes of offers and visits, from which the scorecards follow.

Nothing real exists for answers, ratings and punctuality, so they are drawn with a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from network.models import Contractor
from network.models.contractor import ContractorStatus
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import OutcomeRow, record_outcomes
from ranking.services.scorecards import refresh_scorecards

#: How far back the invented past reaches; scorecards count 180 days.
DAYS = 150
#: Days that count as recent work (fair share).
RECENT_DAYS = 14
#: Share of finished visits that the customer rates (ours).
RATED = 0.6

_FOLD = 10_000


@dataclass(frozen=True, slots=True)
class Record:
    """A contractor's past: offers received, shares from 0 to 1, minutes and stars (1–5)."""

    offers: int
    recent: int
    accepted: float
    answer_minutes: float
    rating: float
    on_time: float = 0.94
    fixed: float = 0.8


def draw_record(draw: random.Random) -> Record:
    """A usual contractor's record: the branch's figures with the spread between contractors."""
    return Record(
        offers=draw.randint(14, 48),
        recent=draw.choices([1, 2, 3, 4], [20, 40, 30, 10])[0],
        accepted=min(0.95, max(0.3, draw.gauss(0.7, 0.12))),
        answer_minutes=min(45.0, draw.lognormvariate(2.0, 0.5)),
        rating=min(4.8, max(3.4, draw.gauss(4.35, 0.25))),
        on_time=min(0.99, max(0.75, draw.gauss(0.92, 0.05))),
        fixed=min(0.92, max(0.55, draw.gauss(0.77, 0.08))),
    )


def create_history(
    *, records: Sequence[tuple[Contractor, Record]], draw: random.Random, at: datetime
) -> None:
    """Record everybody's past before ``at`` (domain time) and fold it into the scorecards."""
    record_outcomes(
        row
        for contractor, record in records
        if contractor.status != ContractorStatus.APPLICANT
        for row in _past(contractor, record, draw, at)
    )
    while refresh_scorecards(at=at, limit=_FOLD) == _FOLD:
        pass


def _past(
    contractor: Contractor, record: Record, draw: random.Random, at: datetime
) -> Iterator[OutcomeRow]:
    accepted = round(record.offers * record.accepted)
    kinds = [OutcomeKind.ACCEPTED] * accepted
    silent = round((record.offers - accepted) * 0.4)
    kinds += [OutcomeKind.EXPIRED] * silent
    kinds += [OutcomeKind.DECLINED] * (record.offers - len(kinds))
    visits = 0
    for number, kind in enumerate(kinds):
        job_ref, offer_ref = _uuid(draw), _uuid(draw)
        # The first accepted ones are the recent ones; the rest lies before the recent days.
        if number < record.recent:
            days_ago = draw.uniform(0.5, RECENT_DAYS - 0.5)
        else:
            days_ago = draw.uniform(RECENT_DAYS + 0.5, DAYS)
        asked_at = at - timedelta(days=days_ago)
        minutes = record.answer_minutes * draw.lognormvariate(0, 0.35)
        yield OutcomeRow(
            branch_id=contractor.branch_id,
            contractor_id=contractor.pk,
            kind=kind,
            due_to=DueTo.CONTRACTOR,
            value=None if kind == OutcomeKind.EXPIRED else round(minutes, 1),
            source_ref=offer_ref,
            job_ref=job_ref,
            at=asked_at,
        )
        if kind == OutcomeKind.ACCEPTED:
            visits += 1
            visited_at = min(at, asked_at + timedelta(hours=draw.uniform(3, 40)))
            yield from _visit(contractor, record, draw, visits, accepted, job_ref, visited_at)


def _visit(
    contractor: Contractor,
    record: Record,
    draw: random.Random,
    number: int,
    of: int,
    job_ref: UUID,
    at: datetime,
) -> Iterator[OutcomeRow]:
    booking_ref = _uuid(draw)
    on_time = _spread(number, record.on_time)
    fixed = _spread(number, record.fixed)
    outcomes: list[tuple[OutcomeKind, float | None]] = [
        (OutcomeKind.ON_TIME if on_time else OutcomeKind.LATE, 0.0 if on_time else 25.0),
        (OutcomeKind.FIXED if fixed else OutcomeKind.NEEDS_ANOTHER_VISIT, None),
    ]
    if _spread(number, RATED):
        # Whole stars that add up to the wanted average.
        low = int(record.rating)
        stars = low + _spread(round(number * RATED), record.rating - low)
        outcomes.append((OutcomeKind.RATING, float(stars)))
    for kind, value in outcomes:
        yield OutcomeRow(
            branch_id=contractor.branch_id,
            contractor_id=contractor.pk,
            kind=kind,
            due_to=DueTo.CONTRACTOR,
            value=value,
            source_ref=booking_ref,
            job_ref=job_ref,
            at=at,
        )


def _spread(number: int, share: float) -> bool:
    """True for ``share`` of the numbers 1, 2, 3 …, evenly spread."""
    return int(number * share) > int((number - 1) * share)


def _uuid(draw: random.Random) -> UUID:
    return UUID(int=draw.getrandbits(128), version=4)
