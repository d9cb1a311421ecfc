"""What is known about candidates when they are ranked: scorecards and recent work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from ranking.criteria.fair_share import RECENT_DAYS
from ranking.smoothing import Means

# One row for each given contractor in the order given. A newcomer has no scorecard: its counts
# are 0 and its figures NULL.
_STANDINGS = """
SELECT coalesce(card.offers_count, 0), coalesce(card.accepted_count, 0), card.accept_rate,
       coalesce(card.answers_count, 0), card.response_median, card.response_minutes,
       coalesce(card.rating_count, 0), card.rating_average, card.rating_mean,
       (SELECT count(*) FROM ranking_outcome AS outcome
         WHERE outcome.contractor_id = asked.id AND outcome.kind = 'accepted'
           AND outcome.at > %(since)s AND outcome.at <= %(at)s),
       (SELECT count(*) FROM network_technician AS technician
         WHERE technician.contractor_id = asked.id AND technician.active)
  FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, position)
  LEFT JOIN ranking_scorecard AS card ON card.contractor_id = asked.id
 ORDER BY asked.position
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One contractor's record. Figures are smoothed; those of a newcomer are the branch's own."""

    offers_count: int
    accepted_count: int
    accept_rate: float
    answers_count: int
    response_median: float | None
    response_minutes: float
    rating_count: int
    rating_average: float | None
    rating_mean: float
    recent_jobs: int
    technicians: int


def read_standings(*, contractor_ids: Sequence[int], means: Means, at: datetime) -> list[Standing]:
    """One standing per contractor, in the order given; one query, none for an empty list."""
    if not contractor_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDINGS,
            {"ids": list(contractor_ids), "at": at, "since": at - timedelta(days=RECENT_DAYS)},
        )
        rows = cursor.fetchall()
    return [
        Standing(
            offers_count=offers,
            accepted_count=accepted,
            accept_rate=means.accept_rate if rate is None else rate,
            answers_count=answers,
            response_median=median,
            response_minutes=means.response_minutes if minutes is None else minutes,
            rating_count=ratings,
            rating_average=average,
            rating_mean=means.rating_mean if rating is None else rating,
            recent_jobs=recent,
            technicians=technicians,
        )
        for (
            offers,
            accepted,
            rate,
            answers,
            median,
            minutes,
            ratings,
            average,
            rating,
            recent,
            technicians,
        ) in rows
    ]
