"""Folding outcomes into scorecards: set-based, repeatable, safe beside itself.

A fold is five statements in one transaction:

1. take the fold's lock (one fold at a time; a second one waits and then finds less to do),
2. mark the oldest unfolded outcomes as folded; their contractors are the ones to recount,
3. recount those contractors' cards from their newest outcomes,
4. recompute the branch means from the cards,
5. smooth the recounted cards towards the means.

Cards are recounted, never added to: whatever an outcome's mark says, running a fold again gives
the same card. The lock is what makes this safe beside another fold: a statement sees what was
committed when it began, so without it a fold that began earlier could write its older count over
the newer one of a fold that began later (a card recounted only because it is old is held by no
outcome's row lock), and an outcome would be marked but not counted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from ranking.criteria.fair_share import RECENT_DAYS
from ranking.evidence import FAMILIES, HALF_LIFE_DAYS, STRIKES, WINDOW_DAYS
from ranking.models import Scorecard
from ranking.smoothing import (
    DEFAULT_ACCEPT_RATE,
    DEFAULT_FIX_RATE,
    DEFAULT_ON_TIME_RATE,
    DEFAULT_RATING,
    DEFAULT_RESPONSE_MINUTES,
    DEFAULT_STRIKES_RATE,
    PRIOR_STRENGTH,
)

ENOUGH_ANSWERS = 5
"""With fewer answers nothing is said about how long they usually take (ours)."""

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

_VALUES = ", ".join(
    f"('{name}', '{kind}', {family.keep})"
    for name, family in FAMILIES.items()
    for kind in map(str, family.kinds)
)
_STRIKES = (
    "CASE kind "
    + " ".join(f"WHEN '{kind!s}' THEN {strikes}" for kind, strikes in STRIKES.items())
    + " ELSE 0 END"
)

# Silence and answers count when they are due to the contractor; so do visits and ratings. Of
# each family the newest count, each with a weight that fades with its age (see evidence.py).
_RECOUNT = f"""
WITH family (name, kind, keep) AS (VALUES {_VALUES}), counted AS (
    SELECT * FROM (
        SELECT outcome.contractor_id, outcome.kind, outcome.value, outcome.at,
               family.name AS family, family.keep,
               power(0.5::float8, greatest(0, extract(epoch FROM %(at)s - outcome.at))::float8
                     / 86400 / {HALF_LIFE_DAYS}) AS weight,
               row_number() OVER (PARTITION BY outcome.contractor_id, family.name
                                  ORDER BY outcome.at DESC, outcome.id DESC) AS place
          FROM ranking_outcome AS outcome JOIN family ON family.kind = outcome.kind
         WHERE outcome.contractor_id = ANY(%(ids)s) AND outcome.due_to = 'contractor'
           AND outcome.at > %(since)s
           -- while a dispute is open, its outcome counts neither for nor against
           AND NOT EXISTS (SELECT 1 FROM ranking_dispute AS dispute
                            WHERE dispute.outcome_id = outcome.id AND dispute.status = 'open')
    ) AS numbered WHERE place <= keep
)
INSERT INTO ranking_scorecard AS card (
    contractor_id, branch_id, offers_count, accepted_count, declined_count, expired_count,
    accept_total, accept_evidence, answers_count, response_median, response_p80, response_evidence,
    rating_count, rating_average, rating_total, rating_evidence,
    visits_count, fixed_count, fix_total, fix_evidence,
    on_time_count, late_count, on_time_total, on_time_evidence,
    commitments_count, released_early_count, released_late_count, released_count, no_show_count,
    strikes_total, strikes_evidence, recent_accepted, updated_at)
SELECT contractor.id, contractor.branch_id,
       count(*) FILTER (WHERE family = 'offers'),
       count(*) FILTER (WHERE family = 'offers' AND kind = 'accepted'),
       count(*) FILTER (WHERE family = 'offers' AND kind = 'declined'),
       count(*) FILTER (WHERE family = 'offers' AND kind = 'expired'),
       coalesce(sum(weight) FILTER (WHERE family = 'offers' AND kind = 'accepted'), 0),
       coalesce(sum(weight) FILTER (WHERE family = 'offers'), 0),
       count(value) FILTER (WHERE family = 'offers' AND kind IN ('accepted', 'declined')),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY value)
           FILTER (WHERE family = 'offers' AND kind IN ('accepted', 'declined')),
       percentile_cont(0.8) WITHIN GROUP (ORDER BY value)
           FILTER (WHERE family = 'offers' AND kind IN ('accepted', 'declined')),
       coalesce(sum(weight) FILTER (WHERE family = 'offers' AND kind IN ('accepted', 'declined')
                                      AND value IS NOT NULL), 0),
       count(value) FILTER (WHERE family = 'ratings'),
       avg(value) FILTER (WHERE family = 'ratings'),
       coalesce(sum(weight * value) FILTER (WHERE family = 'ratings'), 0),
       coalesce(sum(weight) FILTER (WHERE family = 'ratings'), 0),
       count(*) FILTER (WHERE family = 'visits'),
       count(*) FILTER (WHERE family = 'visits' AND kind = 'fixed'),
       coalesce(sum(weight) FILTER (WHERE family = 'visits' AND kind = 'fixed'), 0),
       coalesce(sum(weight) FILTER (WHERE family = 'visits'), 0),
       count(*) FILTER (WHERE family = 'arrivals' AND kind = 'on_time'),
       count(*) FILTER (WHERE family = 'arrivals' AND kind = 'late'),
       coalesce(sum(weight) FILTER (WHERE family = 'arrivals' AND kind = 'on_time'), 0),
       coalesce(sum(weight) FILTER (WHERE family = 'arrivals'), 0),
       count(*) FILTER (WHERE family = 'commitments'),
       count(*) FILTER (WHERE family = 'commitments' AND kind = 'released_early'),
       count(*) FILTER (WHERE family = 'commitments' AND kind = 'released_late'),
       count(*) FILTER (WHERE family = 'commitments'
                          AND kind IN ('released_early', 'released_late')),
       count(*) FILTER (WHERE family = 'commitments' AND kind = 'no_show'),
       coalesce(sum(weight * {_STRIKES}) FILTER (WHERE family = 'commitments'), 0),
       coalesce(sum(weight) FILTER (WHERE family = 'commitments'), 0),
       (SELECT count(*) FROM ranking_outcome AS recent
         WHERE recent.contractor_id = contractor.id AND recent.kind = 'accepted'
           AND recent.at > %(recent)s),
       %(at)s
  FROM network_contractor AS contractor
  LEFT JOIN counted ON counted.contractor_id = contractor.id
 WHERE contractor.id = ANY(%(ids)s)
 GROUP BY contractor.id
 ORDER BY contractor.id
    ON CONFLICT (contractor_id) DO UPDATE SET
       offers_count = excluded.offers_count, accepted_count = excluded.accepted_count,
       declined_count = excluded.declined_count, expired_count = excluded.expired_count,
       accept_total = excluded.accept_total, accept_evidence = excluded.accept_evidence,
       answers_count = excluded.answers_count, response_median = excluded.response_median,
       response_p80 = excluded.response_p80, response_evidence = excluded.response_evidence,
       rating_count = excluded.rating_count, rating_average = excluded.rating_average,
       rating_total = excluded.rating_total, rating_evidence = excluded.rating_evidence,
       visits_count = excluded.visits_count, fixed_count = excluded.fixed_count,
       fix_total = excluded.fix_total, fix_evidence = excluded.fix_evidence,
       on_time_count = excluded.on_time_count, late_count = excluded.late_count,
       on_time_total = excluded.on_time_total, on_time_evidence = excluded.on_time_evidence,
       commitments_count = excluded.commitments_count,
       released_early_count = excluded.released_early_count,
       released_late_count = excluded.released_late_count,
       released_count = excluded.released_count, no_show_count = excluded.no_show_count,
       strikes_total = excluded.strikes_total, strikes_evidence = excluded.strikes_evidence,
       recent_accepted = excluded.recent_accepted, updated_at = excluded.updated_at
"""

# The branch's own figures are pulled towards the defaults by the same prior.
_MEANS = """
INSERT INTO ranking_branchmeans AS means (
    branch_id, accept_rate, response_minutes, rating_mean, fix_rate, on_time_rate, strikes_rate,
    recent_accepted, offers_count, answers_count, rating_count, visits_count, arrivals_count,
    commitments_count, updated_at)
SELECT card.branch_id,
       (sum(card.accept_total) + %(prior)s * %(accept)s) / (sum(card.accept_evidence) + %(prior)s),
       (coalesce(sum(card.response_median * card.response_evidence), 0) + %(prior)s * %(minutes)s)
           / (sum(card.response_evidence) + %(prior)s),
       (sum(card.rating_total) + %(prior)s * %(rating)s) / (sum(card.rating_evidence) + %(prior)s),
       (sum(card.fix_total) + %(prior)s * %(fix)s) / (sum(card.fix_evidence) + %(prior)s),
       (sum(card.on_time_total) + %(prior)s * %(on_time)s)
           / (sum(card.on_time_evidence) + %(prior)s),
       (sum(card.strikes_total) + %(prior)s * %(strikes)s)
           / (sum(card.strikes_evidence) + %(prior)s),
       sum(card.recent_accepted), sum(card.offers_count), sum(card.answers_count),
       sum(card.rating_count), sum(card.visits_count), sum(card.on_time_count + card.late_count),
       sum(card.commitments_count), %(at)s
  FROM ranking_scorecard AS card
 WHERE card.branch_id IN (SELECT branch_id FROM network_contractor WHERE id = ANY(%(ids)s))
 GROUP BY card.branch_id
    ON CONFLICT (branch_id) DO UPDATE SET
       accept_rate = excluded.accept_rate, response_minutes = excluded.response_minutes,
       rating_mean = excluded.rating_mean, fix_rate = excluded.fix_rate,
       on_time_rate = excluded.on_time_rate, strikes_rate = excluded.strikes_rate,
       recent_accepted = excluded.recent_accepted, offers_count = excluded.offers_count,
       answers_count = excluded.answers_count, rating_count = excluded.rating_count,
       visits_count = excluded.visits_count, arrivals_count = excluded.arrivals_count,
       commitments_count = excluded.commitments_count, updated_at = excluded.updated_at
"""

_SMOOTH = """
UPDATE ranking_scorecard AS card SET
       accept_rate = (card.accept_total + %(prior)s * means.accept_rate)
           / (card.accept_evidence + %(prior)s),
       response_minutes = (coalesce(card.response_median * card.response_evidence, 0)
           + %(prior)s * means.response_minutes) / (card.response_evidence + %(prior)s),
       rating_mean = (card.rating_total + %(prior)s * means.rating_mean)
           / (card.rating_evidence + %(prior)s),
       fix_rate = (card.fix_total + %(prior)s * means.fix_rate) / (card.fix_evidence + %(prior)s),
       on_time_rate = (card.on_time_total + %(prior)s * means.on_time_rate)
           / (card.on_time_evidence + %(prior)s),
       strikes_rate = (card.strikes_total + %(prior)s * means.strikes_rate)
           / (card.strikes_evidence + %(prior)s)
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


def usual_answer_minutes(contractor_ids: Collection[int]) -> dict[int, float]:
    """Contractor → minutes within which 80 % of the answers came; only with enough answers."""
    rows = Scorecard.objects.filter(
        contractor_id__in=contractor_ids,
        answers_count__gte=ENOUGH_ANSWERS,
        response_p80__isnull=False,
    ).values_list("contractor_id", "response_p80")
    return {contractor_id: p80 for contractor_id, p80 in rows if p80 is not None}


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
        "fix": DEFAULT_FIX_RATE,
        "on_time": DEFAULT_ON_TIME_RATE,
        "strikes": DEFAULT_STRIKES_RATE,
    }
    for statement in (_RECOUNT, _MEANS, _SMOOTH):
        cursor.execute(statement, values)
