"""Damage to standbys, open calls and visits taken for silence, with the check that finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.audit.conftest import Past
from tests.jobs.guards import copy_row, sql

Damage = Callable[[Past], Any]


def add_standby(p: Past, who: str = "Lisa", **changes: str) -> None:
    """Lisa stands by for the visit that is booked, with the time in her calendar."""
    columns = {
        "public_id": "gen_random_uuid()",
        "branch_id": "b.branch_id",
        "job_id": "b.job_id",
        "booking_id": "b.id",
        "rank": "2",
        "contractor_id": "t.contractor_id",
        "technician_id": "t.id",
        "status": "'standing'",
        "asked_at": "b.booked_at",
        "expires_at": "b.booked_at + interval '1 hour'",
        "answered_at": "b.booked_at + interval '1 minute'",
        "reason": "''",
        "fee": "20",
        "pay": "100",
        "currency": "'USD'",
        "starts_at": "b.starts_at + interval '3 hours'",
        "ends_at": "b.ends_at + interval '3 hours'",
        "travel_minutes": "5",
        "travel_km": "2",
        **changes,
    }
    sql(
        f"INSERT INTO jobs_standby ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
        " FROM jobs_booking b, network_technician t JOIN network_contractor c"
        f" ON c.id = t.contractor_id WHERE b.live AND b.job_id = {p.booked.pk}"
        " AND c.name = %s LIMIT 1",
        who,
    )


def hold_for_standby(**changes: str) -> None:
    columns = {
        "branch_id": "branch_id",
        "technician_id": "technician_id",
        "kind": "'hold'",
        "period": "tstzrange(starts_at, ends_at)",
        "source_ref": "public_id",
        "note": "''",
        "created_at": "app_now()",
        "latitude": "42.3",
        "longitude": "-71.1",
        **changes,
    }
    sql(
        f"INSERT INTO network_calendarentry ({', '.join(columns)})"
        f" SELECT {', '.join(columns.values())} FROM jobs_standby"
    )


def stands_by(p: Past, **changes: str) -> None:
    add_standby(p, **changes)
    hold_for_standby()


def asked_beside(p: Past, **changes: str) -> None:
    """A second pending offer, of an open call."""
    copy_row(
        "jobs_offer",
        f"status = 'pending' AND job_id = {p.asked.pk}",
        public_id="gen_random_uuid()",
        **changes,
    )


DAMAGE: list[tuple[str, Damage]] = [
    ("12-standbys-hold-their-time", add_standby),
    (
        "12-standbys-hold-their-time",
        lambda p: (
            stands_by(p),
            sql("UPDATE jobs_standby SET starts_at = starts_at + interval '1 minute'"),
        ),
    ),
    (
        "12-standbys-hold-their-time",
        lambda p: (
            stands_by(p),
            sql("UPDATE jobs_standby SET status = 'released', closed_at = app_now()"),
        ),
    ),
    (
        "standbys-have-their-live-visit",
        lambda p: (stands_by(p), sql("UPDATE jobs_booking SET live = false")),
    ),
    ("standbys-have-their-live-visit", lambda p: (stands_by(p), add_standby(p))),
    (
        "standbys-have-their-live-visit",
        lambda p: (
            stands_by(p),
            sql(
                "UPDATE jobs_standby SET contractor_id ="
                " (SELECT contractor_id FROM jobs_booking b"
                " WHERE b.id = booking_id)"
            ),
        ),
    ),
    ("standbys-agreed-in-time", lambda p: stands_by(p, answered_at="NULL")),
    (
        "standbys-agreed-in-time",
        lambda p: stands_by(p, answered_at="b.booked_at + interval '1 hour'"),
    ),
    (
        "standbys-agreed-in-time",
        lambda p: add_standby(p, status="'stepped_in'", closed_at="app_now()"),
    ),
    (
        "standbys-agreed-in-time",
        lambda p: add_standby(p, status="'expired'", closed_at="b.booked_at", answered_at="NULL"),
    ),
    ("1-open-calls-are-of-one-round", lambda p: asked_beside(p)),
    (
        "1-open-calls-are-of-one-round",
        lambda p: asked_beside(
            p,
            seat="int8range(3, 4)",
            contractor_id="contractor_id + 1000",
            round_id=f"(SELECT min(id) FROM jobs_round WHERE job_id = {p.asked.pk})",
        ),
    ),
    (
        "second-comers-have-a-first",
        lambda p: sql(
            "UPDATE jobs_offer SET status = 'withdrawn', reason = 'taken', seat = int8range(0, 1)"
            " WHERE status = 'pending'"
        ),
    ),
    (
        "silence-is-warned-before-it-counts",
        lambda p: sql("UPDATE jobs_booking SET reason = 'no_show' WHERE end_kind = 'released'"),
    ),
    (
        "silence-is-warned-before-it-counts",
        lambda p: sql(
            "UPDATE jobs_booking SET reason = 'no_show',"
            " nudged_at = finished_at - interval '14 minutes' WHERE end_kind = 'released'"
        ),
    ),
    (
        "offers-for-nothing-have-their-comeback",
        lambda p: sql(
            "UPDATE jobs_offer SET status = 'withdrawn', reason = 'first_is_back'"
            " WHERE status = 'pending'"
        ),
    ),
]
