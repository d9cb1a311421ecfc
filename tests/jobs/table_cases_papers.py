"""Bad writes about papers and past requests that a table refuses at once."""

from __future__ import annotations

from tests.audit.damage import ask_for_a_paper
from tests.jobs.guards import Past, copy_row, sql
from tests.jobs.table_cases import NEW_ID, PENDING, Write


def past_request(p: Past, *, minutes: int, times: int = 1) -> None:
    for _ in range(times):
        sql(
            "INSERT INTO jobs_pastrequest (branch_id, service_type_id, window_start,"
            " duration_minutes, postcode, latitude, longitude, cell, external_ref)"
            " SELECT branch_id, service_type_id, window_start, %s, postcode, latitude, longitude,"
            " cell, 'past:1' FROM jobs_job WHERE id = %s",
            minutes,
            p.booked.pk,
        )


def announcement(p: Past, cause: str) -> None:
    """A message that concerns no job."""
    sql(
        "INSERT INTO jobs_message (branch_id, cause, recipient_kind, channel, address, template,"
        " context, subject, body, status, attempts, next_attempt_at, created_at, error)"
        " SELECT branch_id, %s, 'staff', 'email', 'nora@example.com', 'papers_to_staff', '{}', '',"
        " '', 'pending', 0, now(), now(), '' FROM jobs_job WHERE id = %s",
        cause,
        p.booked.pk,
    )


CASES: list[tuple[str, str, Write]] = [
    (
        "offers_go_to_contractors_with_the_papers",
        "ALTER TABLE jobs_offer DISABLE TRIGGER offer_papers",
        lambda p: (
            ask_for_a_paper(),
            copy_row(
                "jobs_offer",
                PENDING,
                job_id=str(p.booked.pk),
                contractor_id=str(p.lisa.pk),
                technician_id=str(p.lisa_technician),
                **NEW_ID,
            ),
        ),
    ),
    *[
        (
            "visits_begin_with_those_who_may_do_them",
            "ALTER TABLE jobs_booking DISABLE TRIGGER booking_fit_updated",
            lambda p, change=change: (
                sql(change.format(technician=p.lisa_technician)) if change else ask_for_a_paper(),
                sql(
                    f"UPDATE jobs_booking SET technician_id = {p.lisa_technician},"
                    f" contractor_id = {p.lisa.pk} WHERE live"
                ),
            ),
        )
        for change in (
            "UPDATE network_contractor SET status = 'left'",
            "UPDATE network_technician SET active = false WHERE id = {technician}",
            "DELETE FROM network_technicianskill WHERE technician_id = {technician}",
            "",
        )
    ],
    (
        "visits_begin_with_those_who_may_do_them",
        "ALTER TABLE jobs_booking DISABLE TRIGGER booking_fit_inserted",
        lambda p: (
            ask_for_a_paper(),
            copy_row(
                "jobs_booking",
                "live",
                job_id=str(p.waiting.pk),
                offer_id=str(p.asked_offer.pk),
                public_id="gen_random_uuid()",
            ),
        ),
    ),
    (
        "one_message_per_cause_recipient_channel",
        "DROP INDEX one_message_per_cause_recipient_channel",
        lambda p: [announcement(p, "paper:1:30") for _ in range(2)],
    ),
    (
        "message_has_its_event_or_cause",
        "ALTER TABLE jobs_message DROP CONSTRAINT message_has_its_event_or_cause",
        lambda p: announcement(p, ""),
    ),
    (
        "message_has_its_event_or_cause",
        "ALTER TABLE jobs_message DROP CONSTRAINT message_has_its_event_or_cause",
        lambda p: sql(
            "UPDATE jobs_message SET cause = 'both'"
            " WHERE id = (SELECT min(id) FROM jobs_message WHERE event_id IS NOT NULL)"
        ),
    ),
    (
        "past_request_once_per_branch",
        "ALTER TABLE jobs_pastrequest DROP CONSTRAINT past_request_once_per_branch",
        lambda p: past_request(p, minutes=60, times=2),
    ),
    (
        "past_request_duration_positive",
        "ALTER TABLE jobs_pastrequest DROP CONSTRAINT past_request_duration_positive",
        lambda p: past_request(p, minutes=0),
    ),
]
