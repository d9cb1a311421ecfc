"""Helpers for showing that a guard of the database guards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from jobs.actors import Actor
from jobs.models import Job, Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.jobs import cancel_job
from jobs.services.transactions import constraint_of
from jobs.services.visits import arrive, complete_visit
from network.models import Contractor
from tests.jobs.world import START, pending_offer, run_due, settle


@dataclass
class Past:
    """One job of each kind. ``asked`` is the only one with a pending offer."""

    clock: Any
    lisa: Contractor
    lisa_technician: int
    completed: Job
    booked: Job
    cancelled: Job
    stuck: Job
    waiting: Job
    asked: Job
    asked_offer: Offer

    @staticmethod
    def just_before(moment: datetime) -> datetime:
        return moment - timedelta(microseconds=1)


@pytest.fixture
def past(clock: Any, trio: Any, make_job: Any) -> Past:
    """A completed, a booked, a cancelled, a stuck and a waiting job, and one being offered."""
    lisa = trio[1]

    def later(days: int) -> Job:
        start = START.replace(hour=13) + timedelta(days=days)
        return make_job(window_start=start, window_end=start + timedelta(hours=4))

    def accept(job: Job) -> Any:
        offer = pending_offer(job)
        actor = Actor.contractor(offer.contractor)
        return accept_offer(offer_id=offer.pk, actor=actor, via="portal")

    completed = later(1)
    run_due()
    clock.set(pending_offer(completed).expires_at)
    run_due()
    visit = accept(completed)
    clock.set(completed.window_start)
    arrive(booking_id=visit.pk, actor=Actor.contractor(lisa))
    complete_visit(booking_id=visit.pk, result="fixed", actor=Actor.contractor(lisa))
    booked = later(3)
    run_due()
    accept(booked)
    cancelled = later(4)
    run_due()
    cancel_job(job_id=cancelled.pk, by="client", reason="price", actor=Actor.system())
    stuck = later(5)
    run_due()
    while (offer := Offer.objects.filter(job=stuck, status="pending").first()) is not None:
        actor = Actor.contractor(offer.contractor)
        decline_offer(offer_id=offer.pk, reason="other", actor=actor, via="portal")
        run_due()
    asked = later(6)
    run_due()
    waiting = later(8)
    settle()
    for job in (completed, booked, cancelled, stuck, asked, waiting):
        job.refresh_from_db()
    return Past(
        clock=clock,
        lisa=lisa,
        lisa_technician=lisa.technicians.get().pk,
        completed=completed,
        booked=booked,
        cancelled=cancelled,
        stuck=stuck,
        waiting=waiting,
        asked=asked,
        asked_offer=pending_offer(asked),
    )


def sql(text: str, *parameters: Any) -> int:
    """Run one statement; how many rows it touched (at least one, or the test proves nothing)."""
    with connection.cursor() as cursor:
        cursor.execute(text, parameters or None)
        assert cursor.rowcount != 0, text
        return cursor.rowcount


def copy_row(table: str, where: str, **changes: str) -> None:
    """Insert a copy of the one row that matches, some columns replaced by SQL expressions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' AND attidentity = ''",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        assert set(changes) <= set(columns)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {', '.join(changes.get(name, name) for name in columns)}"
            f" FROM {table} WHERE {where}"
        )
        assert cursor.rowcount == 1, (table, where, cursor.rowcount)


def check_guard(
    name: str, drop: str, write: Callable[[], Any], *, beside: str = "", at_commit: bool = False
) -> str:
    """Whether ``name`` refuses the write, and nothing else does; '' or what is wrong.

    The write is tried twice, undone each time: with the guard, when it must be refused by it, and
    after ``drop``, when it must pass. ``beside`` takes off other guards of the same rows both
    times, so that nothing but the guard itself differs. ``at_commit`` checks the deferred ones too.
    """
    outer = transaction.savepoint()
    try:
        if beside:
            run_script(beside)
        refused = attempt(write, at_commit)
        if refused != name:
            return f"refused by {refused or 'nothing'}"
        run_script(drop)
        refused = attempt(write, at_commit)
        return f"still refused by {refused} without its guard" if refused else ""
    finally:
        transaction.savepoint_rollback(outer)


def run_script(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def attempt(write: Callable[[], Any], at_commit: bool) -> str:
    """Do the write, undo it; the name of what refused it, or ''."""
    savepoint = transaction.savepoint()
    try:
        write()
        if at_commit:
            run_script("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return constraint_of(error) or repr(error)
    except DatabaseError as error:
        return repr(error)
    finally:
        transaction.savepoint_rollback(savepoint)
        run_script("SET CONSTRAINTS ALL DEFERRED")
    return ""
