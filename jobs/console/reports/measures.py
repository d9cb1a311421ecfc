"""What is measured: for each figure the one SQL that lists what it is counted from.

Figure and list come from the same statement, so they cannot differ. Every statement yields the
columns of ``ROW_COLUMNS`` over the CTE ``touched``: the branch's jobs (of the trade) that changed
since shortly before. Whatever happened to a job in the period changed it, so the index by change
finds them all; only a promise can lie in the period though its job was closed before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: at: when it happened; value: a number or NULL; good: counts for the share, or NULL; note: a code.
ROW_COLUMNS = "at, trade, value, good, job_id, contractor_id, note, amount, currency"

TOUCHED = """
touched AS MATERIALIZED (
  SELECT j.id, j.public_id, j.status, j.created_at, j.closed_at, j.window_start, j.window_end,
         j.cancelled_by, j.cancel_reason, j.not_to_exceed, j.currency, j.follow_up_of_id, s.trade
    FROM jobs_job j JOIN network_servicetype s ON s.id = j.service_type_id
   WHERE j.branch_id = %(branch)s AND j.updated_at >= %(since)s
     AND (%(trade)s::text IS NULL OR s.trade = %(trade)s))
"""


class Kind(StrEnum):
    """How rows become one figure."""

    SHARE = "share"  # of the rows, those that are good, in per cent
    MEDIAN = "median"  # of the values
    MEAN = "mean"  # of the values


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the report.

    ``unit`` is ``%``, ``min`` or empty; ``row_unit`` that of a single row, where it differs;
    ``yes`` and ``no`` say in words what the good rows of a share are and the others.
    """

    key: str
    title: str
    explains: str
    kind: Kind
    better: Better
    rows: str
    unit: str = ""
    row_unit: str | None = None
    yes: str = ""
    no: str = ""
    counted: str = "jobs"


_YES = "o.status = 'accepted' AND o.via <> 'assigned'"
_ARRIVED_IN_WINDOW = (
    "k.arrived_at BETWEEN t.window_start - interval '30 minutes' AND t.window_end"
    " + CASE WHEN t.window_start = t.window_end THEN interval '15 minutes' ELSE interval '0' END"
)
_VISITS = "touched t JOIN jobs_booking k ON k.job_id = t.id"

MEASURES: list[Measure] = [
    Measure(
        key="time-to-accept",
        title="Time to a yes",
        explains="From taking the job in to the first yes, half of the jobs quicker than this. "
        "Assignments by hand are left aside.",
        kind=Kind.MEDIAN,
        better=Better.LOWER,
        unit="min",
        rows=f"""
SELECT y.answered_at AS at, t.trade, extract(epoch FROM y.answered_at - t.created_at) / 60 AS value,
       NULL::boolean AS good, t.id AS job_id, y.contractor_id, '' AS note,
       NULL::numeric AS amount, '' AS currency
  FROM touched t CROSS JOIN LATERAL (
       SELECT o.answered_at, o.contractor_id FROM jobs_offer o
        WHERE o.job_id = t.id AND {_YES} ORDER BY o.answered_at LIMIT 1) y""",
    ),
    Measure(
        key="offers-per-job",
        title="Offers per job",
        explains="All offers of a job, in all its rounds; by the day of its first offer.",
        kind=Kind.MEAN,
        better=Better.LOWER,
        rows="""
SELECT f.at, t.trade, f.n::float AS value, NULL::boolean AS good, t.id AS job_id,
       NULL::bigint AS contractor_id, '' AS note, NULL::numeric AS amount, '' AS currency
  FROM touched t CROSS JOIN LATERAL (
       SELECT min(o.made_at) AS at, count(*) AS n FROM jobs_offer o
        WHERE o.job_id = t.id AND o.via <> 'assigned') f
 WHERE f.n > 0""",
    ),
    Measure(
        key="first-offer-accepted",
        title="First call accepted",
        explains="Jobs whose first call said yes, of those whose first call was answered or ran "
        "out. Offers that were withdrawn count for nobody.",
        kind=Kind.SHARE,
        better=Better.HIGHER,
        unit="%",
        yes="said yes",
        no="said no or nothing",
        rows=f"""
SELECT f.made_at AS at, t.trade, NULL::float AS value, f.yes AS good, t.id AS job_id,
       f.contractor_id, f.status AS note, NULL::numeric AS amount, '' AS currency
  FROM touched t CROSS JOIN LATERAL (
       SELECT o.made_at, o.contractor_id, o.status, {_YES} AS yes FROM jobs_offer o
        WHERE o.job_id = t.id AND o.via <> 'assigned' ORDER BY o.made_at, o.id LIMIT 1) f
 WHERE f.status IN ('accepted', 'declined', 'expired')""",
    ),
    Measure(
        key="first-time-fix",
        title="Fixed at the first visit",
        explains="First visits after which nothing was left to do, of those that were made. Closed "
        "doors and jobs that follow up another are left aside.",
        kind=Kind.SHARE,
        better=Better.HIGHER,
        unit="%",
        yes="fixed",
        no="needed another visit",
        counted="visits",
        rows=f"""
SELECT k.finished_at AS at, t.trade, NULL::float AS value, k.result = 'fixed' AS good,
       t.id AS job_id, k.contractor_id, k.result AS note, NULL::numeric AS amount, '' AS currency
  FROM {_VISITS}
 WHERE k.end_kind = 'completed' AND k.result IN ('fixed', 'needs_another_visit')
   AND t.follow_up_of_id IS NULL""",
    ),
    Measure(
        key="on-time",
        title="Arrived on time",
        explains="Arrivals within the promised window (up to 30 minutes before it), of all "
        "arrivals.",
        kind=Kind.SHARE,
        better=Better.HIGHER,
        unit="%",
        row_unit="min",
        yes="on time",
        no="not on time",
        counted="arrivals",
        rows=f"""
SELECT k.arrived_at AS at, t.trade,
       CASE WHEN NOT {_ARRIVED_IN_WINDOW} THEN abs(extract(epoch FROM k.arrived_at
         - CASE WHEN k.arrived_at < t.window_start THEN t.window_start ELSE t.window_end END)) / 60
       END AS value,
       {_ARRIVED_IN_WINDOW} AS good, t.id AS job_id, k.contractor_id,
       CASE WHEN {_ARRIVED_IN_WINDOW} THEN '' WHEN k.arrived_at < t.window_start THEN 'too early'
            ELSE 'late' END AS note,
       NULL::numeric AS amount, '' AS currency
  FROM {_VISITS}
 WHERE k.arrived_at IS NOT NULL""",
    ),
    Measure(
        key="appointments-kept",
        title="Appointments kept",
        explains="Promised windows that ended in the period and in which somebody came. A window "
        "that was moved because of us is missed; one that the customer or the client moved, or "
        "cancelled before it ended, is left aside.",
        kind=Kind.SHARE,
        better=Better.HIGHER,
        unit="%",
        yes="kept",
        no="missed",
        counted="promises",
        rows=f"""
SELECT t.window_end AS at, t.trade, NULL::float AS value, w.id IS NOT NULL AS good,
       t.id AS job_id, w.contractor_id, t.status AS note, NULL::numeric AS amount, '' AS currency
  FROM touched t LEFT JOIN LATERAL (
       SELECT k.id, k.contractor_id FROM jobs_booking k
        WHERE k.job_id = t.id AND {_ARRIVED_IN_WINDOW} ORDER BY k.id LIMIT 1) w ON true
 WHERE t.window_end < (SELECT app_now())
   AND NOT (t.status = 'cancelled' AND t.cancelled_by IN ('customer', 'client')
            AND t.closed_at < t.window_end)
 UNION ALL
SELECT (e.data -> 'from' ->> 1)::timestamptz, t.trade, NULL, false, t.id, NULL, 'moved by us',
       NULL, ''
  FROM touched t JOIN jobs_jobevent e ON e.job_id = t.id AND e.kind = 'moved'
 WHERE e.data ->> 'by_customer' = 'false'
   AND (e.data -> 'from' ->> 1)::timestamptz < (SELECT app_now())""",
    ),
    Measure(
        key="cancelled",
        title="Jobs cancelled",
        explains="Of all jobs that were closed, those that were cancelled, and by whom and why.",
        kind=Kind.SHARE,
        better=Better.LOWER,
        unit="%",
        yes="cancelled",
        no="done",
        rows="""
SELECT t.closed_at AS at, t.trade, NULL::float AS value, t.status = 'cancelled' AS good,
       t.id AS job_id, NULL::bigint AS contractor_id,
       CASE WHEN t.status = 'cancelled' THEN t.cancelled_by || ':' || t.cancel_reason ELSE '' END
         AS note, NULL::numeric AS amount, '' AS currency
  FROM touched t WHERE t.closed_at IS NOT NULL""",
    ),
    Measure(
        key="given-back",
        title="Visits given back",
        explains="Of all accepted visits that ended, those that the contractor gave back or lost, "
        "and why.",
        kind=Kind.SHARE,
        better=Better.LOWER,
        unit="%",
        yes="given back or lost",
        no="made or cancelled",
        counted="visits",
        rows=f"""
SELECT k.finished_at AS at, t.trade, NULL::float AS value, k.end_kind = 'released' AS good,
       t.id AS job_id, k.contractor_id,
       CASE WHEN k.end_kind = 'released' THEN k.reason ELSE '' END AS note,
       NULL::numeric AS amount, '' AS currency
  FROM {_VISITS}
 WHERE NOT k.live""",
    ),
    Measure(
        key="cost",
        title="Cost against the limit",
        explains="What the contractor of a finished job is paid, in per cent of its "
        "not-to-exceed price. Jobs without a limit and closed doors are left aside.",
        kind=Kind.MEAN,
        better=Better.LOWER,
        unit="%",
        rows=f"""
SELECT k.finished_at AS at, t.trade, (100 * o.pay / t.not_to_exceed)::float AS value,
       NULL::boolean AS good, t.id AS job_id, k.contractor_id, '' AS note, o.pay AS amount,
       o.currency
  FROM {_VISITS} JOIN jobs_offer o ON o.id = k.offer_id
 WHERE k.end_kind = 'completed' AND k.result <> 'no_access'
   AND t.not_to_exceed > 0 AND o.currency = t.currency""",
    ),
    Measure(
        key="touches",
        title="Dispatcher touches per job",
        explains="How often staff did something to a job after taking it in, until it was closed: "
        "0 means that the machine handled it alone. What one person does within ten seconds is one "
        "touch, however many entries of the history it makes.",
        kind=Kind.MEAN,
        better=Better.LOWER,
        rows="""
SELECT t.closed_at AS at, t.trade, e.n::float AS value, NULL::boolean AS good, t.id AS job_id,
       NULL::bigint AS contractor_id, '' AS note, NULL::numeric AS amount, '' AS currency
  FROM touched t CROSS JOIN LATERAL (
       SELECT count(*) AS n FROM (
              SELECT s.at - lag(s.at) OVER (PARTITION BY s.actor_user_id ORDER BY s.sequence) AS gap
                FROM jobs_jobevent s
               WHERE s.job_id = t.id AND s.actor_kind = 'staff' AND s.kind <> 'created'
                 AND s.at <= t.closed_at) step
        WHERE gap IS NULL OR gap > interval '10 seconds') e
 WHERE t.closed_at IS NOT NULL""",
    ),
]
BY_KEY = {measure.key: measure for measure in MEASURES}

#: Visits made, by contractor: what the share of work is counted from.
WORK = Measure(
    key="share-of-work",
    title="Share of work",
    explains="Of all visits made, the share of the busiest tenth of the firms that were active.",
    kind=Kind.SHARE,
    better=Better.NEITHER,
    unit="%",
    counted="visits",
    rows=f"""
SELECT k.finished_at AS at, t.trade, NULL::float AS value, true AS good, t.id AS job_id,
       k.contractor_id, k.result AS note, NULL::numeric AS amount, '' AS currency
  FROM {_VISITS}
 WHERE k.end_kind = 'completed'""",
)
