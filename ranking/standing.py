"""What is known about candidates when they are ranked: scorecards and recent work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from ranking.criteria.fair_share import RECENT_DAYS
from ranking.smoothing import Means

# One row for each given contractor in the order given. A newcomer has no scorecard: its counts
# are 0 and its figures NULL.
_STANDINGS = """
SELECT coalesce(card.offers_count, 0), coalesce(card.accepted_count, 0), card.accept_rate,
       coalesce(card.answers_count, 0), card.response_median, card.response_minutes,
       coalesce(card.rating_count, 0), card.rating_average, card.rating_mean,
       coalesce(card.visits_count, 0), coalesce(card.fixed_count, 0), card.fix_rate,
       coalesce(card.on_time_count + card.late_count, 0), coalesce(card.on_time_count, 0),
       card.on_time_rate,
       coalesce(card.commitments_count, 0), coalesce(card.released_early_count, 0),
       coalesce(card.released_late_count, 0), coalesce(card.no_show_count, 0), card.strikes_rate,
       (SELECT count(*) FROM ranking_outcome AS outcome
         WHERE outcome.contractor_id = asked.id AND outcome.kind = 'accepted'
           AND outcome.at > %(since)s AND outcome.at <= %(at)s),
       (SELECT count(*) FROM network_technician AS technician
         WHERE technician.contractor_id = asked.id AND technician.active),
       coalesce(here.visits, 0), here.last_at
  FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, position)
  LEFT JOIN ranking_scorecard AS card ON card.contractor_id = asked.id
  LEFT JOIN (
    SELECT outcome.contractor_id, count(DISTINCT outcome.job_ref) AS visits,
           max(outcome.at) AS last_at
      FROM (SELECT job_ref FROM ranking_decision
             WHERE branch_id = %(branch)s AND asset = %(asset)s AND asset <> ''
             UNION SELECT unnest(%(jobs)s::uuid[])) AS earlier
      JOIN ranking_outcome AS outcome ON outcome.job_ref = earlier.job_ref
       AND outcome.kind IN ('fixed', 'needs_another_visit') AND outcome.at <= %(at)s
     GROUP BY outcome.contractor_id
  ) AS here ON here.contractor_id = asked.id
 ORDER BY asked.position
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One contractor's record, in the order of the query's columns.

    Figures are smoothed; those of a newcomer are the branch's own. The names are those of the
    facts that criteria read.
    """

    offers_count: int
    accepted_count: int
    accept_rate: float
    answers_count: int
    response_median: float | None
    response_minutes: float
    rating_count: int
    rating_average: float | None
    rating_mean: float
    visits_count: int
    fixed_count: int
    fix_rate: float
    arrivals_count: int
    on_time_count: int
    on_time_rate: float
    commitments_count: int
    released_early_count: int
    released_late_count: int
    no_show_count: int
    strikes_rate: float
    recent_jobs: int
    technicians: int
    earlier_visits: int | None
    days_since_visit: float | None


_SMOOTHED = (
    "accept_rate",
    "response_minutes",
    "rating_mean",
    "fix_rate",
    "on_time_rate",
    "strikes_rate",
)
_DAY = timedelta(days=1)
_NAMES = tuple(field.name for field in fields(Standing))


def read_standings(
    *,
    contractor_ids: Sequence[int],
    means: Means,
    at: datetime,
    branch_id: int,
    asset: str = "",
    customer_jobs: Sequence[UUID] = (),
) -> list[Standing]:
    """One standing per contractor, in the order given; one query, none for an empty list.

    Earlier visits are those at ``asset`` (as ``rules.apply.same_asset`` spells it) or on one of
    ``customer_jobs``, each job once; without either they are not known.
    """
    if not contractor_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDINGS,
            {
                "ids": list(contractor_ids),
                "at": at,
                "since": at - timedelta(days=RECENT_DAYS),
                "branch": branch_id,
                "asset": asset,
                "jobs": list(customer_jobs),
            },
        )
        rows = cursor.fetchall()
    usual = {name: getattr(means, name) for name in _SMOOTHED}
    standings = []
    for row in rows:
        known = dict(zip(_NAMES, row, strict=True))
        last_at = known["days_since_visit"]
        known["days_since_visit"] = None if last_at is None else (at - last_at) / _DAY
        if not asset and not customer_jobs:
            known["earlier_visits"] = None
        known |= {name: value for name, value in usual.items() if known[name] is None}
        standings.append(Standing(**known))
    return standings
