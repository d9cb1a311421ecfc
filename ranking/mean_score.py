"""How a contractor scores on the average, against everybody: one number over many decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

MOST_DECISIONS = 2_000
"""The newest so many of the branch are looked at, so that the page stays quick."""

FEWEST_RANKINGS = 3
FEWEST_CONTRACTORS = 4
"""With fewer, the average of all would give a single rival away."""

_MEANS = """
WITH newest AS MATERIALIZED (
  SELECT contractor_ids, scores FROM ranking_decision
   WHERE branch_id = %(branch)s AND made_at > %(since)s AND made_at <= %(until)s
   ORDER BY made_at DESC LIMIT %(most)s
), score AS (
  SELECT each.contractor, each.score
    FROM newest, unnest(newest.contractor_ids, newest.scores) AS each (contractor, score)
)
SELECT count(*) FILTER (WHERE contractor = %(me)s), avg(score) FILTER (WHERE contractor = %(me)s),
       avg(score), count(DISTINCT contractor)
  FROM score
"""


@dataclass(frozen=True, slots=True)
class MeanScore:
    """``mine`` and ``usual`` are 0 to 100, over ``rankings`` decisions in which I was a candidate
    and over all candidates of the branch.
    """

    rankings: int
    mine: float
    usual: float | None


def mean_score(
    *, contractor_id: int, branch_id: int, since: datetime, until: datetime
) -> MeanScore | None:
    """The mean of (since, until]; None after too few rankings to mean anything. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MEANS,
            {
                "me": contractor_id,
                "branch": branch_id,
                "since": since,
                "until": until,
                "most": MOST_DECISIONS,
            },
        )
        rankings, mine, usual, contractors = cursor.fetchone()
    if rankings < FEWEST_RANKINGS:
        return None
    return MeanScore(rankings, mine, usual if contractors >= FEWEST_CONTRACTORS else None)
