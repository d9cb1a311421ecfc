"""Bad writes that a table refuses at once: the guard's name, how to drop it, the write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.jobs.guards import Past, copy_row, sql

Write = Callable[[Past], Any]

PENDING = "status = 'pending'"
LIVE = "live AND job_id = (SELECT max(job_id) FROM jobs_booking WHERE live)"
NEW_ID = {"public_id": "gen_random_uuid()"}


def event(kind: str) -> str:
    return f"id = (SELECT min(id) FROM jobs_jobevent WHERE kind = '{kind}')"


def job(**columns: str) -> Callable[[Past], Any]:
    """A change of the booked job's row."""
    changes = ", ".join(f"{name} = {value}" for name, value in columns.items())
    return lambda p: sql(f"UPDATE jobs_job SET {changes} WHERE id = {p.booked.pk}")


CASES: list[tuple[str, str, Write]] = [
    # 1: who is asked together
    (
        "pending_offers_exclude_each_other",
        "ALTER TABLE jobs_offer DROP CONSTRAINT pending_offers_exclude_each_other",
        lambda p: copy_row(
            "jobs_offer",
            PENDING,
            contractor_id=str(p.lisa.pk),
            technician_id=str(p.lisa_technician),
            **NEW_ID,
        ),
    ),
    (
        "pending_offers_exclude_each_other",
        "ALTER TABLE jobs_offer DROP CONSTRAINT pending_offers_exclude_each_other",
        lambda p: copy_row(
            "jobs_offer",
            PENDING,
            seat="int8range(5, 6)",
            contractor_id=str(p.lisa.pk),
            technician_id=str(p.lisa_technician),
            **NEW_ID,
        ),
    ),
    (
        "one_accepted_offer_per_round",
        "DROP INDEX one_accepted_offer_per_round",
        lambda p: (
            copy_row(
                "jobs_offer",
                f"status = 'accepted' AND job_id = {p.booked.pk}",
                status="'pending'",
                answered_at="NULL",
                closed_at="NULL",
                **NEW_ID,
            ),
            sql(
                f"UPDATE jobs_offer SET status = 'accepted' WHERE {PENDING}"
                f" AND job_id = {p.booked.pk}"
            ),
        ),
    ),
    (
        "one_pending_offer_per_contractor",
        "DROP INDEX one_pending_offer_per_contractor",
        lambda p: (
            copy_row(
                "jobs_offer", PENDING, seat="int8range(5, 6)", job_id=str(p.booked.pk), **NEW_ID
            ),
            copy_row(
                "jobs_offer",
                f"{PENDING} AND job_id = {p.booked.pk}",
                seat="int8range(6, 7)",
                **NEW_ID,
            ),
        ),
    ),
    # 2: one booking
    (
        "one_live_booking_per_job",
        "ALTER TABLE jobs_booking DROP CONSTRAINT one_live_booking_per_job CASCADE",
        lambda p: copy_row("jobs_booking", LIVE, offer_id=str(p.asked_offer.pk), **NEW_ID),
    ),
    (
        "jobs_booking_offer_id_key",
        "ALTER TABLE jobs_booking DROP CONSTRAINT jobs_booking_offer_id_key",
        lambda p: copy_row(
            "jobs_booking",
            LIVE,
            live="false",
            finished_at="app_now()",
            end_kind="'released'",
            **NEW_ID,
        ),
    ),
    (
        "booking_ended_iff_not_live",
        "ALTER TABLE jobs_booking DROP CONSTRAINT booking_ended_iff_not_live",
        lambda p: sql(f"UPDATE jobs_booking SET finished_at = app_now() WHERE {LIVE}"),
    ),
    (
        "booking_ended_iff_not_live",
        "ALTER TABLE jobs_booking DROP CONSTRAINT booking_ended_iff_not_live",
        lambda p: sql(f"UPDATE jobs_booking SET live = false WHERE {LIVE}"),
    ),
    (
        "booking_slot_ordered",
        "ALTER TABLE jobs_booking DROP CONSTRAINT booking_slot_ordered",
        lambda p: sql(f"UPDATE jobs_booking SET ends_at = starts_at WHERE {LIVE}"),
    ),
    # 3: one place at a time
    (
        "calendar_entries_never_overlap",
        "ALTER TABLE network_calendarentry DROP CONSTRAINT calendar_entries_never_overlap",
        lambda p: copy_row(
            "network_calendarentry",
            "kind = 'hold'",
            source_ref="gen_random_uuid()",
            period="tstzrange(upper(period) - interval '1 s', upper(period) + interval '1 h')",
        ),
    ),
    (
        "network_calendarentry_once_per_source",
        "DROP INDEX network_calendarentry_once_per_source",
        lambda p: copy_row(
            "network_calendarentry",
            "kind = 'hold'",
            period="tstzrange(upper(period) + interval '1 d', upper(period) + interval '2 d')",
        ),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        "ALTER TABLE network_calendarentry"
        " DROP CONSTRAINT network_calendarentry_kind_fits_its_fields",
        lambda p: sql("UPDATE network_calendarentry SET kind = 'time_off' WHERE kind = 'hold'"),
    ),
    (
        "network_calendarentry_period_is_bounded",
        "ALTER TABLE network_calendarentry DROP CONSTRAINT network_calendarentry_period_is_bounded",
        lambda p: sql("UPDATE network_calendarentry SET period = 'empty' WHERE kind = 'hold'"),
    ),
    # 4 and 5: deadlines, and what is final (BEFORE triggers)
    (
        "answers_come_before_the_deadline",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: (
            p.clock.set(p.asked_offer.expires_at),
            sql(f"UPDATE jobs_offer SET status = 'accepted' WHERE {PENDING}"),
        ),
    ),
    (
        "answers_come_before_the_deadline",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: (
            p.clock.set(p.asked_offer.expires_at),
            sql(f"UPDATE jobs_offer SET status = 'declined' WHERE {PENDING}"),
        ),
    ),
    (
        "offers_do_not_expire_early",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: (
            p.clock.set(p.just_before(p.asked_offer.expires_at)),
            sql(f"UPDATE jobs_offer SET status = 'expired' WHERE {PENDING}"),
        ),
    ),
    (
        "answered_offers_are_final",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: sql("UPDATE jobs_offer SET note = 'x' WHERE status = 'declined'"),
    ),
    (
        "answered_offers_are_final",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: sql("UPDATE jobs_offer SET status = 'declined' WHERE status = 'expired'"),
    ),
    (
        "offer_terms_are_frozen",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: sql(
            f"UPDATE jobs_offer SET expires_at = expires_at + interval '1 s' WHERE {PENDING}"
        ),
    ),
    (
        "offer_terms_are_frozen",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: sql(f"UPDATE jobs_offer SET pay = pay - 1 WHERE {PENDING}"),
    ),
    (
        "history_is_kept",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_delete",
        lambda p: sql(f"DELETE FROM jobs_offer WHERE {PENDING}"),
    ),
    (
        "terminal_jobs_are_final",
        "ALTER TABLE jobs_job DISABLE TRIGGER job_before_update",
        lambda p: sql("UPDATE jobs_job SET description = 'x' WHERE status = 'completed'"),
    ),
    (
        "terminal_jobs_are_final",
        "ALTER TABLE jobs_job DISABLE TRIGGER job_before_update",
        lambda p: sql(
            "UPDATE jobs_job SET status = 'offering', closed_at = NULL,"
            " next_wake_at = app_now() WHERE status = 'cancelled'"
        ),
    ),
    # 7: nothing is ever just stuck
    (
        "open_job_has_next_wake",
        "ALTER TABLE jobs_job DROP CONSTRAINT open_job_has_next_wake",
        job(next_wake_at="NULL"),
    ),
    (
        "job_closed_iff_final",
        "ALTER TABLE jobs_job DROP CONSTRAINT job_closed_iff_final",
        job(closed_at="app_now()"),
    ),
    (
        "job_closed_iff_final",
        "ALTER TABLE jobs_job DROP CONSTRAINT job_closed_iff_final",
        job(status="'cancelled'"),
    ),
    (
        "job_status_known",
        "ALTER TABLE jobs_job DROP CONSTRAINT job_status_known",
        job(status="'lost'"),
    ),
    (
        "job_window_ordered",
        "ALTER TABLE jobs_job DROP CONSTRAINT job_window_ordered",
        job(window_end="window_start"),
    ),
    (
        "job_duration_positive",
        "ALTER TABLE jobs_job DROP CONSTRAINT job_duration_positive",
        job(duration_minutes="0"),
    ),
    (
        "job_reference_unique",
        "ALTER TABLE jobs_job DROP CONSTRAINT job_reference_unique",
        lambda p: sql(
            "UPDATE jobs_job SET reference = %s WHERE id = %s", p.waiting.reference, p.booked.pk
        ),
    ),
    (
        "job_external_ref_unique",
        "DROP INDEX job_external_ref_unique",
        lambda p: sql(
            "UPDATE jobs_job SET external_ref = '101' WHERE id IN (%s, %s)",
            p.booked.pk,
            p.waiting.pk,
        ),
    ),
    # 8: whom an offer may go to
    *[
        (
            "offers_go_to_active_cleared_contractors",
            "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_insert",
            lambda p, change=change: (
                sql(f"UPDATE network_contractor SET {change} WHERE id = {p.lisa.pk}"),
                copy_row(
                    "jobs_offer",
                    PENDING,
                    job_id=str(p.booked.pk),
                    contractor_id=str(p.lisa.pk),
                    technician_id=str(p.lisa_technician),
                    **NEW_ID,
                ),
            ),
        )
        for change in ("status = 'paused'", "cleared_until = '2026-11-04'", "cleared_until = NULL")
    ],
    *[
        (
            "offers_go_to_skilled_technicians",
            "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_insert",
            lambda p, change=change: (
                sql(change.format(technician=p.lisa_technician)),
                copy_row(
                    "jobs_offer",
                    PENDING,
                    job_id=str(p.booked.pk),
                    contractor_id=str(p.lisa.pk),
                    technician_id=str(p.lisa_technician),
                    **NEW_ID,
                ),
            ),
        )
        for change in (
            "UPDATE network_technician SET active = false WHERE id = {technician}",
            "DELETE FROM network_technicianskill WHERE technician_id = {technician}",
            "UPDATE network_technicianskill SET level = 1 WHERE technician_id = {technician}",
            "UPDATE network_technicianskill SET expires_on = '2026-11-04'"
            " WHERE technician_id = {technician}",
        )
    ],
    (
        "offers_go_to_skilled_technicians",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_insert",
        lambda p: copy_row(
            "jobs_offer",
            PENDING,
            job_id=str(p.booked.pk),
            technician_id=str(p.lisa_technician),
            **NEW_ID,
        ),
    ),
    (
        "only_active_cleared_contractors_accept",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update",
        lambda p: (
            sql(
                f"UPDATE network_contractor SET status = 'suspended'"
                f" WHERE id = {p.asked_offer.contractor_id}"
            ),
            sql(f"UPDATE jobs_offer SET status = 'accepted' WHERE {PENDING}"),
        ),
    ),
    (
        "offer_begins_pending",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_insert",
        lambda p: copy_row("jobs_offer", PENDING, status="'declined'", **NEW_ID),
    ),
    (
        "offer_window_positive",
        "ALTER TABLE jobs_offer DROP CONSTRAINT offer_window_positive",
        lambda p: copy_row(
            "jobs_offer", PENDING, expires_at="made_at", job_id=str(p.booked.pk), **NEW_ID
        ),
    ),
    (
        "offer_slot_ordered",
        "ALTER TABLE jobs_offer DROP CONSTRAINT offer_slot_ordered",
        lambda p: copy_row(
            "jobs_offer", PENDING, ends_at="starts_at", job_id=str(p.booked.pk), **NEW_ID
        ),
    ),
    (
        "offer_pay_not_negative",
        "ALTER TABLE jobs_offer DROP CONSTRAINT offer_pay_not_negative",
        lambda p: copy_row("jobs_offer", PENDING, pay="-1", job_id=str(p.booked.pk), **NEW_ID),
    ),
    (
        "offer_status_known",
        "ALTER TABLE jobs_offer DROP CONSTRAINT offer_status_known",
        lambda p: sql(f"UPDATE jobs_offer SET status = 'lost' WHERE {PENDING}"),
    ),
    # 9: the history
    (
        "events_are_append_only",
        "ALTER TABLE jobs_jobevent DISABLE TRIGGER event_refuse_change",
        lambda p: sql("UPDATE jobs_jobevent SET data = '{}'"),
    ),
    (
        "events_are_append_only",
        "ALTER TABLE jobs_jobevent DISABLE TRIGGER event_refuse_change",
        lambda p: sql("DELETE FROM jobs_jobevent WHERE kind = 'ranked'"),
    ),
    (
        "event_sequence_unique",
        "ALTER TABLE jobs_jobevent DROP CONSTRAINT event_sequence_unique",
        lambda p: copy_row("jobs_jobevent", event("ranked")),
    ),
    (
        "one_event_per_offer_transition",
        "DROP INDEX one_event_per_offer_transition",
        lambda p: copy_row("jobs_jobevent", event("offer_made"), sequence="999"),
    ),
    (
        "round_number_unique",
        "ALTER TABLE jobs_round DROP CONSTRAINT round_number_unique",
        lambda p: copy_row("jobs_round", f"job_id = {p.booked.pk}"),
    ),
    (
        "one_open_escalation_of_a_kind",
        "DROP INDEX one_open_escalation_of_a_kind",
        lambda p: copy_row("jobs_escalation", f"job_id = {p.stuck.pk} AND closed_at IS NULL"),
    ),
    # 10 and 11: once
    (
        "one_effect_per_idempotency_key",
        "ALTER TABLE jobs_idempotencyrecord DROP CONSTRAINT one_effect_per_idempotency_key",
        lambda p: [
            sql(
                "INSERT INTO jobs_idempotencyrecord (scope, operation, key, body_hash, created_at)"
                " VALUES ('s', 'o', 'k', 'h', now())"
            )
            for _ in range(2)
        ],
    ),
    (
        "one_message_per_event_recipient_channel",
        "ALTER TABLE jobs_message DROP CONSTRAINT one_message_per_event_recipient_channel",
        lambda p: copy_row("jobs_message", "id = (SELECT min(id) FROM jobs_message)"),
    ),
    # settings and tokens
    (
        "offer_window_unique",
        "ALTER TABLE jobs_offerwindow DROP CONSTRAINT offer_window_unique",
        lambda p: [
            sql(
                "INSERT INTO jobs_offerwindow (branch_id, priority, minutes)"
                " VALUES (%s, 'urgent', 5)",
                p.booked.branch_id,
            )
            for _ in range(2)
        ],
    ),
    (
        "offer_window_minutes_sane",
        "ALTER TABLE jobs_offerwindow DROP CONSTRAINT offer_window_minutes_sane",
        lambda p: sql(
            "INSERT INTO jobs_offerwindow (branch_id, priority, minutes) VALUES (%s, 'urgent', 0)",
            p.booked.branch_id,
        ),
    ),
    (
        "token_belongs_to_branch_or_contractor",
        "ALTER TABLE jobs_apitoken DROP CONSTRAINT token_belongs_to_branch_or_contractor",
        lambda p: sql(
            "INSERT INTO jobs_apitoken (name, scope, token_hash, created_at)"
            " VALUES ('', 'dispatch', 'x', now())"
        ),
    ),
    (
        "jobs_apitoken_token_hash_key",
        "ALTER TABLE jobs_apitoken DROP CONSTRAINT jobs_apitoken_token_hash_key",
        lambda p: [
            sql(
                "INSERT INTO jobs_apitoken (name, scope, token_hash, created_at, branch_id)"
                " VALUES ('', 'dispatch', 'x', now(), %s)",
                p.booked.branch_id,
            )
            for _ in range(2)
        ],
    ),
]
