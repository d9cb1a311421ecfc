"""Folding outcomes into scorecards: set-based, repeatable, safe beside itself.

A fold is five statements in one transaction:

1. take the fold's lock (one fold at a time; a second one waits and then finds less to do),
2. mark the oldest unfolded outcomes as folded; their contractors are the ones to recount,
3. recount those contractors' cards from all their outcomes of the window,
4. recompute the branch means from the cards,
5. smooth the recounted cards towards the means.

Cards are recounted, never added to: whatever an outcome's mark says, running a fold again gives
the same card. The lock is what makes this safe beside another fold: a statement sees what was
committed when it began, so without it a fold that began earlier could write its older count over
the newer one of a fold that began later (a card recounted only because it is old is held by no
outcome's row lock), and an outcome would be marked but not counted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from ranking.criteria.fair_share import RECENT_DAYS
from ranking.smoothing import (
    DEFAULT_ACCEPT_RATE,
    DEFAULT_RATING,
    DEFAULT_RESPONSE_MINUTES,
    PRIOR_STRENGTH,
)

WINDOW_DAYS = 180
"""Only outcomes of this many days count; older ones are history."""

STALE_AFTER = timedelta(days=1)
"""A card older than this is recounted even without news: outcomes leave the window."""

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ranking.refresh_scorecards', 0))"

_CLAIM = """
WITH batch AS (
    SELECT id FROM ranking_outcome WHERE NOT folded ORDER BY id LIMIT %(limit)s FOR UPDATE
), marked AS (
    UPDATE ranking_outcome AS outcome SET folded = true FROM batch WHERE outcome.id = batch.id
    RETURNING outcome.contractor_id
), stale AS (
    SELECT contractor_id FROM ranking_scorecard WHERE updated_at < %(stale)s
     ORDER BY updated_at LIMIT %(limit)s
)
SELECT (SELECT count(*) FROM marked),
       (SELECT coalesce(array_agg(DISTINCT contractor_id), '{}')
          FROM (SELECT contractor_id FROM marked UNION SELECT contractor_id FROM stale) AS touched)
"""

# Silence and answers count when they are due to the contractor; so do visits and ratings.
_RECOUNT = """
INSERT INTO ranking_scorecard AS card (
    contractor_id, branch_id, offers_count, accepted_count, declined_count, expired_count,
    answers_count, response_median, rating_count, rating_average, visits_count, fixed_count,
    on_time_count, late_count, released_count, no_show_count, recent_accepted, updated_at)
SELECT contractor.id, contractor.branch_id,
       count(*) FILTER (WHERE kind IN ('accepted', 'declined', 'expired')),
       count(*) FILTER (WHERE kind = 'accepted'),
       count(*) FILTER (WHERE kind = 'declined'),
       count(*) FILTER (WHERE kind = 'expired'),
       count(value) FILTER (WHERE kind IN ('accepted', 'declined')),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY value)
           FILTER (WHERE kind IN ('accepted', 'declined')),
       count(value) FILTER (WHERE kind = 'rating'),
       avg(value) FILTER (WHERE kind = 'rating'),
       count(*) FILTER (WHERE kind IN ('fixed', 'needs_another_visit')),
       count(*) FILTER (WHERE kind = 'fixed'),
       count(*) FILTER (WHERE kind = 'on_time'),
       count(*) FILTER (WHERE kind = 'late'),
       count(*) FILTER (WHERE kind IN ('released_early', 'released_late')),
       count(*) FILTER (WHERE kind = 'no_show'),
       count(*) FILTER (WHERE kind = 'accepted' AND at > %(recent)s),
       %(at)s
  FROM network_contractor AS contractor
  LEFT JOIN ranking_outcome AS outcome
    ON outcome.contractor_id = contractor.id AND outcome.due_to = 'contractor'
   AND outcome.at > %(since)s
 WHERE contractor.id = ANY(%(ids)s)
 GROUP BY contractor.id
 ORDER BY contractor.id
    ON CONFLICT (contractor_id) DO UPDATE SET
       offers_count = excluded.offers_count, accepted_count = excluded.accepted_count,
       declined_count = excluded.declined_count, expired_count = excluded.expired_count,
       answers_count = excluded.answers_count, response_median = excluded.response_median,
       rating_count = excluded.rating_count, rating_average = excluded.rating_average,
       visits_count = excluded.visits_count, fixed_count = excluded.fixed_count,
       on_time_count = excluded.on_time_count, late_count = excluded.late_count,
       released_count = excluded.released_count, no_show_count = excluded.no_show_count,
       recent_accepted = excluded.recent_accepted, updated_at = excluded.updated_at
"""

# The branch's own figures are pulled towards the defaults by the same prior.
_MEANS = """
INSERT INTO ranking_branchmeans AS means (
    branch_id, accept_rate, response_minutes, rating_mean, offers_count, answers_count,
    rating_count, updated_at)
SELECT card.branch_id,
       (sum(card.accepted_count) + %(prior)s * %(accept)s) / (sum(card.offers_count) + %(prior)s),
       (coalesce(sum(card.response_median * card.answers_count), 0) + %(prior)s * %(minutes)s)
           / (sum(card.answers_count) + %(prior)s),
       (coalesce(sum(card.rating_average * card.rating_count), 0) + %(prior)s * %(rating)s)
           / (sum(card.rating_count) + %(prior)s),
       sum(card.offers_count), sum(card.answers_count), sum(card.rating_count), %(at)s
  FROM ranking_scorecard AS card
 WHERE card.branch_id IN (SELECT branch_id FROM network_contractor WHERE id = ANY(%(ids)s))
 GROUP BY card.branch_id
    ON CONFLICT (branch_id) DO UPDATE SET
       accept_rate = excluded.accept_rate, response_minutes = excluded.response_minutes,
       rating_mean = excluded.rating_mean, offers_count = excluded.offers_count,
       answers_count = excluded.answers_count, rating_count = excluded.rating_count,
       updated_at = excluded.updated_at
"""

_SMOOTH = """
UPDATE ranking_scorecard AS card SET
       accept_rate = (card.accepted_count + %(prior)s * means.accept_rate)
           / (card.offers_count + %(prior)s),
       response_minutes = (coalesce(card.response_median * card.answers_count, 0)
           + %(prior)s * means.response_minutes) / (card.answers_count + %(prior)s),
       rating_mean = (coalesce(card.rating_average * card.rating_count, 0)
           + %(prior)s * means.rating_mean) / (card.rating_count + %(prior)s)
  FROM ranking_branchmeans AS means
 WHERE means.branch_id = card.branch_id AND card.contractor_id = ANY(%(ids)s)
"""


@transaction.atomic
def refresh_scorecards(*, at: datetime, limit: int = 10_000) -> int:
    """Fold up to ``limit`` waiting outcomes into scorecards; returns how many were folded.

    ``at`` is domain time. Call again while the result equals ``limit``. Also recounts up to
    ``limit`` cards that are more than a day old. May run at the same time in several processes;
    an outcome whose transaction is still open is folded by a later call. A refresh that dies
    halfway leaves nothing behind.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(_CLAIM, {"limit": limit, "stale": at - STALE_AFTER})
        folded, touched = cursor.fetchone()
        if touched:
            recount(cursor, contractor_ids=touched, at=at)
    return folded


def recount(cursor: CursorWrapper, *, contractor_ids: list[int], at: datetime) -> None:
    """Bring these contractors' cards and their branches' means up to date, whatever they said.

    The caller holds the fold's lock in an open transaction.
    """
    values: dict[str, Any] = {
        "ids": contractor_ids,
        "at": at,
        "since": at - timedelta(days=WINDOW_DAYS),
        "recent": at - timedelta(days=RECENT_DAYS),
        "prior": float(PRIOR_STRENGTH),
        "accept": DEFAULT_ACCEPT_RATE,
        "minutes": DEFAULT_RESPONSE_MINUTES,
        "rating": DEFAULT_RATING,
    }
    for statement in (_RECOUNT, _MEANS, _SMOOTH):
        cursor.execute(statement, values)
