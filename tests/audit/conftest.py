"""A branch with some of everything behind it, and a way to take every guard off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from jobs.actors import Actor
from jobs.models import Job
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.dispatch import assign
from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive, complete_visit, release_visit, start_travel
from jobs.states import AnswerVia
from network.services.calendar import add_time_off
from tests.jobs.world import (  # noqa: F401
    START,
    branch,
    harold,
    james,
    lisa,
    make_job,
    pending_offer,
    run_due,
    service_type,
    settle,
    trio,
)

GUARDED = (
    "jobs_job",
    "jobs_round",
    "jobs_offer",
    "jobs_booking",
    "jobs_standby",
    "jobs_jobevent",
    "jobs_message",
    "jobs_escalation",
    "jobs_idempotencyrecord",
    "network_calendarentry",
    "network_contractor",
    "network_technicianskill",
    "ranking_decision",
    "ranking_outcome",
)


@dataclass
class Past:
    """One job of each fate. ``asked`` has a pending offer of its second round."""

    completed: Job
    asked: Job
    cancelled: Job
    booked: Job
    en_route: Job
    assigned: Job
    stuck: Job
    waiting: Job


@pytest.fixture
def past(clock: Any, trio: Any, make_job: Any) -> Past:  # noqa: F811
    """Silence, a no, an accept, a visit; one given back, one cancelled, one assigned by hand."""
    _, lisa, james = trio  # noqa: F811
    staff = Actor("staff", "Nora")
    completed = make_job()
    run_due()
    clock.set(pending_offer(completed).expires_at)
    run_due()
    decline_offer(
        offer_id=pending_offer(completed).pk,
        reason="too_far",
        actor=Actor.contractor(lisa),
        via=AnswerVia.PORTAL,
    )
    run_due()
    visit = accepted(completed)
    clock.set(completed.window_start)
    start_travel(booking_id=visit.pk, actor=Actor.contractor(james))
    clock.advance(minutes=20)
    arrive(booking_id=visit.pk, actor=Actor.contractor(james))
    clock.advance(hours=1)
    complete_visit(booking_id=visit.pk, result="fixed", actor=Actor.contractor(james))

    def later(days: int) -> Job:
        start = START.replace(hour=13) + timedelta(days=days)
        job = make_job(window_start=start, window_end=start + timedelta(hours=4))
        run_due()
        return job

    asked = later(3)
    release_visit(booking_id=accepted(asked).pk, reason="sick", actor=Actor.contractor(trio[0]))
    run_due()
    cancelled = later(4)
    accepted(cancelled)
    cancel_job(job_id=cancelled.pk, by="customer", reason="price", actor=staff)
    withdrawn = later(4)
    cancel_job(job_id=withdrawn.pk, by="client", reason="duplicate", actor=staff)
    booked = later(5)
    accepted(booked)
    en_route = later(6)
    start_travel(booking_id=accepted(en_route).pk, actor=Actor.contractor(trio[0]))
    assigned = make_job(
        window_start=START + timedelta(days=7), window_end=START + timedelta(days=7, hours=4)
    )
    assign(job_id=assigned.pk, contractor_id=lisa.pk, actor=staff)
    stuck = later(8)
    while stuck.offers.filter(status="pending").exists():
        decline_offer(
            offer_id=pending_offer(stuck).pk,
            reason="price_too_low",
            actor=Actor.contractor(lisa),
            via=AnswerVia.PHONE,
        )
        run_due()
    waiting = make_job(
        window_start=START + timedelta(days=9), window_end=START + timedelta(days=9, hours=4)
    )
    add_time_off(
        technician_id=james.technicians.get().pk,
        start=START + timedelta(days=20),
        end=START + timedelta(days=21),
        note="",
    )
    settle()
    return Past(completed, asked, cancelled, booked, en_route, assigned, stuck, waiting)


def accepted(job: Job) -> Any:
    """Whoever is being asked accepts."""
    offer = pending_offer(job)
    return accept_offer(
        offer_id=offer.pk, actor=Actor.contractor(offer.contractor), via=AnswerVia.PORTAL
    )


def take_the_guards_off() -> None:
    """Drop every constraint and trigger of the tables, inside the test's transaction."""
    settle()
    with connection.cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for kinds in ("f", "uxc"):
            cursor.execute(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint"
                " WHERE strpos(%s, contype::text) > 0"
                " AND (conrelid = ANY(%s::regclass[]) OR confrelid = ANY(%s::regclass[]))",
                [kinds, list(GUARDED), list(GUARDED)],
            )
            for table, name in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) AND indisunique AND NOT indisprimary",
            [list(GUARDED)],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
