"""Bad writes about standbys and the settings of protection: at once, and at the commit."""

from __future__ import annotations

from tests.audit.damage_protection import add_standby, hold_for_standby, stands_by
from tests.jobs.guards import Past, sql
from tests.jobs.table_cases import Write

DROP = "ALTER TABLE jobs_standby DROP CONSTRAINT "
SETTLED = "ALTER TABLE jobs_standby DISABLE TRIGGER standby_settled"
CALENDAR = "ALTER TABLE network_calendarentry DISABLE TRIGGER calendar_settled"
BEFORE_UPDATE = "ALTER TABLE jobs_standby DISABLE TRIGGER standby_before_update"


def settings(p: Past, **changes: str) -> None:
    columns = {"acts": "true", "rescue_lead_minutes": "75", "standby_priorities": "'{}'"}
    columns = {**columns, "standby_fee": "0", **changes}
    sql(
        f"INSERT INTO jobs_protection (branch_id, {', '.join(columns)})"
        f" SELECT branch_id, {', '.join(columns.values())} FROM jobs_job WHERE id = {p.booked.pk}"
    )


CASES: list[tuple[str, str, Write]] = [
    (
        "one_standby_holds_per_job",
        "DROP INDEX one_standby_holds_per_job",
        lambda p: (add_standby(p), add_standby(p, who="James")),
    ),
    (
        "asked_once_to_stand_by",
        "DROP INDEX asked_once_to_stand_by",
        lambda p: (
            add_standby(p, status="'declined'", closed_at="app_now()"),
            add_standby(p),
        ),
    ),
    (
        "standby_status_known",
        f"{DROP}standby_status_known; {DROP}standby_closed_iff_not_holding",
        lambda p: add_standby(p, status="'gone'", closed_at="app_now()"),
    ),
    (
        "standby_closed_iff_not_holding",
        f"{DROP}standby_closed_iff_not_holding",
        lambda p: add_standby(p, closed_at="app_now()"),
    ),
    (
        "standby_agreed_in_time",
        f"{DROP}standby_agreed_in_time",
        lambda p: add_standby(p, answered_at="b.booked_at + interval '1 hour'"),
    ),
    (
        "standby_slot_ordered",
        f"{DROP}standby_slot_ordered",
        lambda p: add_standby(p, ends_at="b.starts_at"),
    ),
    (
        "standby_money_not_negative",
        f"{DROP}standby_money_not_negative",
        lambda p: add_standby(p, fee="-1"),
    ),
    (
        "ended_standbys_are_final",
        BEFORE_UPDATE,
        lambda p: (
            add_standby(p, status="'declined'", closed_at="app_now()"),
            sql("UPDATE jobs_standby SET status = 'standing', closed_at = NULL"),
        ),
    ),
    (
        "standby_terms_are_frozen",
        BEFORE_UPDATE,
        lambda p: (add_standby(p), sql("UPDATE jobs_standby SET fee = fee + 1")),
    ),
    (
        "protection_lead_sane",
        "ALTER TABLE jobs_protection DROP CONSTRAINT protection_lead_sane",
        lambda p: settings(p, rescue_lead_minutes="5"),
    ),
    (
        "protection_fee_not_negative",
        "ALTER TABLE jobs_protection DROP CONSTRAINT protection_fee_not_negative",
        lambda p: settings(p, standby_fee="-1"),
    ),
    (
        "jobs_protection_branch_id_key",
        "ALTER TABLE jobs_protection DROP CONSTRAINT jobs_protection_branch_id_key",
        lambda p: (settings(p), settings(p)),
    ),
]

#: Name, how to drop it, what else to take off both times, the write.
AT_COMMIT: list[tuple[str, str, str, Write]] = [
    ("standbys_hold_their_time", SETTLED, "", add_standby),
    (
        "holds_have_their_standby",
        SETTLED,
        CALENDAR,
        lambda p: (
            add_standby(p, status="'declined'", closed_at="app_now()"),
            hold_for_standby(),
        ),
    ),
    (
        "holds_have_their_pending_offer",
        CALENDAR,
        SETTLED,
        lambda p: (
            add_standby(p),
            hold_for_standby(period="tstzrange(starts_at, ends_at + interval '1 minute')"),
        ),
    ),
    (
        "calendar_entries_in_use_are_kept",
        CALENDAR,
        SETTLED,
        lambda p: (
            stands_by(p),
            sql(
                "DELETE FROM network_calendarentry WHERE source_ref IN"
                " (SELECT public_id FROM jobs_standby)"
            ),
        ),
    ),
    (
        "standbys_have_their_live_visit",
        SETTLED,
        "",
        lambda p: stands_by(
            p,
            booking_id="(SELECT min(id) FROM jobs_booking WHERE NOT live)",
        ),
    ),
    (
        "ended_visits_have_no_standby",
        "ALTER TABLE jobs_booking DISABLE TRIGGER booking_lets_standby_go",
        "ALTER TABLE jobs_job DROP CONSTRAINT booked_job_has_its_live_booking;"
        "ALTER TABLE jobs_booking DISABLE TRIGGER booking_settled",
        lambda p: (
            stands_by(p),
            sql("SET CONSTRAINTS ALL IMMEDIATE"),
            sql("SET CONSTRAINTS ALL DEFERRED"),
            sql(
                "UPDATE jobs_booking SET live = false, finished_at = app_now(),"
                f" end_kind = 'released' WHERE live AND job_id = {p.booked.pk}"
            ),
        ),
    ),
]
