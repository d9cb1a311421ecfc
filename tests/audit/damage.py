"""Every kind of damage that the audit must find, with the check that finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from jobs.models import Job
from tests.audit.conftest import Past
from tests.jobs.world import pending_offer


def sql(text: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(text, parameters or None)
        return cursor.rowcount


Damage = Callable[[Past], Any]


def _copy(table: str, where: str, **changes: str) -> None:
    """Insert copies of rows, with some columns replaced by SQL expressions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' AND attidentity = ''",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        values = [changes.get(name, name) for name in columns]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {', '.join(values)} FROM {table} WHERE {where}"
        )
        assert cursor.rowcount == 1, cursor.rowcount


def _copy_offer(where: str, **changes: str) -> None:
    _copy("jobs_offer", where, public_id="gen_random_uuid()", **changes)


def ask_for_a_paper() -> int:
    """Every kind of work asks for a paper from now on, which nobody has."""
    return sql(
        "INSERT INTO network_requirement (branch_id, name, kind, service_type_id, required_from,"
        " active) SELECT branch_id, 'Permit of ' || id, 'other', id, '2026-01-01', true"
        " FROM network_servicetype"
    )


def offer_of(job: Job) -> str:
    return f"id = {pending_offer(job).pk}"


ACCEPTED = "status = 'accepted'"

DAMAGE: list[tuple[str, Damage]] = [
    ("1-exclusive-offers", lambda p: _copy_offer(offer_of(p.asked))),
    (
        "1-exclusive-offers",
        lambda p: _copy_offer(offer_of(p.asked), seat="int8range(3, 4)"),
    ),
    (
        "1-exclusive-offers-in-turn",
        lambda p: sql(
            "UPDATE jobs_offer SET closed_at = closed_at + interval '2 hours'"
            " WHERE status = 'expired'"
        ),
    ),
    (
        "1-one-accepted-offer-per-round",
        lambda p: sql(
            "UPDATE jobs_offer SET status = 'accepted' WHERE status = 'expired' AND job_id = %s",
            p.completed.pk,
        ),
    ),
    (
        "4-answers-before-the-deadline",
        lambda p: sql(
            f"UPDATE jobs_offer SET answered_at = expires_at WHERE {ACCEPTED} AND job_id = %s",
            p.booked.pk,
        ),
    ),
    (
        "4-answers-before-the-deadline",
        lambda p: sql("UPDATE jobs_offer SET answered_at = NULL WHERE status = 'declined'"),
    ),
    (
        "4-answers-before-the-deadline",
        lambda p: sql(
            "UPDATE jobs_jobevent e SET at = o.expires_at FROM jobs_offer o"
            " WHERE o.id = e.offer_id AND e.to_status = 'declined'"
        ),
    ),
    (
        "4-answers-before-the-deadline",
        lambda p: sql(
            "UPDATE jobs_booking b SET booked_at = o.expires_at FROM jobs_offer o"
            " WHERE o.id = b.offer_id"
        ),
    ),
    (
        "4-no-early-expiry",
        lambda p: sql(
            "UPDATE jobs_offer SET closed_at = expires_at - interval '1 microsecond'"
            " WHERE status = 'expired'"
        ),
    ),
    (
        "4-expired-offers-are-closed",
        lambda p: sql(
            "UPDATE jobs_offer SET expires_at = app_now() - interval '6 s' WHERE status = 'pending'"
        ),
    ),
    (
        "5-answered-offers-are-final",
        lambda p: sql("UPDATE jobs_offer SET status = 'withdrawn' WHERE status = 'declined'"),
    ),
    (
        "5-answered-offers-are-final",
        lambda p: sql("UPDATE jobs_offer SET status = 'pending' WHERE status = 'expired'"),
    ),
    (
        "5-answered-offers-are-final",
        lambda p: sql("UPDATE jobs_offer SET closed_at = NULL WHERE status = 'withdrawn'"),
    ),
    (
        "8-pending-offers-fit",
        lambda p: sql("UPDATE network_contractor SET status = 'suspended'"),
    ),
    (
        "8-pending-offers-fit",
        lambda p: sql("UPDATE network_contractor SET cleared_until = '2026-11-04'"),
    ),
    ("8-pending-offers-fit", lambda p: sql("UPDATE network_contractor SET cleared_until = NULL")),
    ("8-pending-offers-fit", lambda p: sql("UPDATE network_technician SET active = false")),
    ("8-pending-offers-fit", lambda p: sql("UPDATE network_technicianskill SET level = 1")),
    (
        "8-pending-offers-fit",
        lambda p: sql("UPDATE network_technicianskill SET expires_on = '2026-11-04'"),
    ),
    ("8-pending-offers-fit", lambda p: sql("DELETE FROM network_technicianskill")),
    ("8-pending-offers-fit", lambda p: ask_for_a_paper()),
    *[
        ("8-booked-visits-have-somebody", lambda p, change=change: sql(change))
        for change in (
            "UPDATE network_contractor SET status = 'left'",
            "UPDATE network_contractor SET cleared_until = NULL",
            "UPDATE network_technician SET active = false",
            "DELETE FROM network_technicianskill",
        )
    ],
    ("8-booked-visits-have-somebody", lambda p: ask_for_a_paper()),
    (
        "offers-belong-together",
        lambda p: sql("UPDATE jobs_offer SET job_id = %s WHERE status = 'expired'", p.booked.pk),
    ),
    ("offers-feed-the-scorecards", lambda p: sql("DELETE FROM ranking_outcome")),
    (
        "offers-feed-the-scorecards",
        lambda p: sql("UPDATE ranking_outcome SET kind = 'declined' WHERE kind = 'expired'"),
    ),
    (
        "2-booked-job-has-one-live-booking",
        lambda p: sql("UPDATE jobs_booking SET live = false WHERE job_id = %s", p.booked.pk),
    ),
    (
        "2-booked-job-has-one-live-booking",
        lambda p: sql("UPDATE jobs_booking SET live = true WHERE job_id = %s", p.cancelled.pk),
    ),
    (
        "2-booked-job-has-one-live-booking",
        lambda p: _copy("jobs_booking", f"job_id = {p.booked.pk}", public_id="gen_random_uuid()"),
    ),
    (
        "2-booking-of-an-accepted-offer",
        lambda p: sql("DELETE FROM jobs_booking WHERE job_id = %s", p.completed.pk),
    ),
    (
        "2-booking-of-an-accepted-offer",
        lambda p: sql("UPDATE jobs_offer SET status = 'declined' WHERE status = 'accepted'"),
    ),
    (
        "2-completed-job-has-its-visit",
        lambda p: sql("UPDATE jobs_booking SET result = 'no_access' WHERE result = 'fixed'"),
    ),
    (
        "2-booking-ended-or-live",
        lambda p: sql("UPDATE jobs_booking SET finished_at = booked_at WHERE live"),
    ),
    (
        "3-calendar-never-overlaps",
        lambda p: _copy(
            "network_calendarentry",
            "kind = 'time_off'",
            period="tstzrange(lower(period) + interval '1 hour', lower(period) + interval '2 h')",
        ),
    ),
    (
        "5-final-jobs-unchanged",
        lambda p: sql(
            "UPDATE jobs_job SET closed_at = closed_at + interval '1 s' WHERE status = 'cancelled'"
        ),
    ),
    (
        "5-final-jobs-unchanged",
        lambda p: sql(
            "UPDATE jobs_job SET status = 'offering', closed_at = NULL WHERE status = 'completed'"
        ),
    ),
    (
        "5-final-jobs-unchanged",
        lambda p: sql(
            "UPDATE jobs_round SET started_at = started_at + interval '9 days' WHERE job_id = %s",
            p.completed.pk,
        ),
    ),
    (
        "6-closed-job-asks-nobody",
        lambda p: sql("UPDATE jobs_offer SET status = 'pending' WHERE job_id = %s", p.cancelled.pk),
    ),
    (
        "6-closed-job-asks-nobody",
        lambda p: sql("UPDATE jobs_booking SET live = true WHERE job_id = %s", p.cancelled.pk),
    ),
    (
        "6-pending-offer-of-an-offering-job",
        lambda p: sql("UPDATE jobs_offer SET status = 'pending' WHERE job_id = %s", p.booked.pk),
    ),
    (
        "7-open-jobs-have-a-next-wake",
        lambda p: sql("UPDATE jobs_job SET next_wake_at = NULL WHERE id = %s", p.booked.pk),
    ),
    (
        "7-nothing-is-stuck",
        lambda p: sql(
            "UPDATE jobs_job SET next_wake_at = app_now() - interval '6 s' WHERE id = %s",
            p.stuck.pk,
        ),
    ),
    (
        "9-events-without-gaps",
        lambda p: sql(
            "DELETE FROM jobs_jobevent WHERE job_id = %s AND sequence = 3", p.completed.pk
        ),
    ),
    (
        "9-events-without-gaps",
        lambda p: sql("UPDATE jobs_job SET last_sequence = last_sequence + 1"),
    ),
    (
        "9-events-without-gaps",
        lambda p: sql(
            "UPDATE jobs_jobevent SET sequence = 2 WHERE job_id = %s AND sequence = 3",
            p.completed.pk,
        ),
    ),
    ("9-events-without-gaps", lambda p: sql("DELETE FROM jobs_jobevent")),
    (
        "9-job-transitions-have-events",
        lambda p: sql("UPDATE jobs_job SET status = 'on_site' WHERE id = %s", p.en_route.pk),
    ),
    (
        "9-job-transitions-have-events",
        lambda p: sql(
            "UPDATE jobs_jobevent SET to_status = '', from_status = '' WHERE kind = 'arrived'"
        ),
    ),
    (
        "9-job-transitions-have-events",
        lambda p: sql(
            "UPDATE jobs_jobevent SET to_status = 'completed' WHERE kind = 'search_started'"
        ),
    ),
    (
        "9-offer-transitions-have-events",
        lambda p: sql("UPDATE jobs_jobevent SET offer_id = NULL WHERE kind = 'offer_made'"),
    ),
    (
        "9-offer-transitions-have-events",
        lambda p: sql("UPDATE jobs_jobevent SET to_status = '' WHERE kind = 'offer_expired'"),
    ),
    (
        "10-one-effect-per-key",
        lambda p: [
            sql(
                "INSERT INTO jobs_idempotencyrecord (scope, operation, key, body_hash, created_at)"
                " VALUES ('token:1', 'POST /jobs', 'k', 'h', now())"
            )
            for _ in range(2)
        ],
    ),
    (
        "10-one-effect-per-key",
        lambda p: sql("UPDATE jobs_job SET source = 'import', external_ref = '101'"),
    ),
    (
        "11-one-message-per-recipient",
        lambda p: _copy("jobs_message", "id = (SELECT max(id) FROM jobs_message)"),
    ),
    (
        "11-messages-have-their-event",
        lambda p: sql("UPDATE jobs_message SET job_id = %s", p.waiting.pk),
    ),
    (
        "12-pending-offers-have-their-hold",
        lambda p: sql("DELETE FROM network_calendarentry WHERE kind = 'hold'"),
    ),
    (
        "12-pending-offers-have-their-hold",
        lambda p: sql(
            "UPDATE network_calendarentry SET period = tstzrange(lower(period),"
            " upper(period) + interval '1 minute') WHERE kind = 'hold'"
        ),
    ),
    (
        "12-holds-have-their-pending-offer",
        lambda p: sql("UPDATE jobs_offer SET status = 'withdrawn' WHERE status = 'pending'"),
    ),
    (
        "12-live-bookings-are-in-the-calendar",
        lambda p: sql("DELETE FROM network_calendarentry WHERE kind = 'booking'"),
    ),
    (
        "12-live-bookings-are-in-the-calendar",
        lambda p: sql(
            "UPDATE network_calendarentry SET technician_id = technician_id + 1000"
            " WHERE kind = 'booking'"
        ),
    ),
    (
        "12-booking-entries-have-their-booking",
        lambda p: sql("UPDATE jobs_booking SET live = false, end_kind = 'released' WHERE live"),
    ),
    (
        "rounds-are-numbered",
        lambda p: sql("UPDATE jobs_job SET round_number = 3 WHERE id = %s", p.asked.pk),
    ),
    (
        "rounds-match-their-decisions",
        lambda p: sql(
            "UPDATE ranking_decision SET contractor_ids = contractor_ids[2:] || contractor_ids[1]"
        ),
    ),
    (
        "rounds-match-their-decisions",
        lambda p: sql("UPDATE ranking_decision SET job_ref = gen_random_uuid()"),
    ),
    (
        "cascade-in-the-frozen-order",
        lambda p: sql(
            "UPDATE jobs_round SET contractor_ids = ARRAY[contractor_ids[2], contractor_ids[1],"
            " contractor_ids[3]], ranks = ARRAY[2, 1, 3] WHERE job_id = %s",
            p.completed.pk,
        ),
    ),
    (
        "frozen-order-as-ranked",
        lambda p: sql(
            "UPDATE jobs_round SET contractor_ids = contractor_ids[2:] || contractor_ids[1]"
        ),
    ),
    (
        "nobody-passed-over-in-silence",
        lambda p: sql("UPDATE jobs_round SET next_index = 3 WHERE job_id = %s", p.booked.pk),
    ),
    (
        "one-open-question-of-a-kind",
        lambda p: _copy("jobs_escalation", f"job_id = {p.stuck.pk} AND closed_at IS NULL"),
    ),
]
