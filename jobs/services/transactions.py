"""One transaction per service, the lock order, and what a refused write means.

Lock order, everywhere: jobs → their offers and rounds → contractors → technicians, each by id,
and only then the calendar. Whoever follows it cannot deadlock with another who does (shown by
``tests/jobs/test_lock_order.py``); if something else does deadlock with us, the whole transaction
is tried again.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, IntegrityError, connection, transaction

from jobs.errors import AlreadyTaken, DomainError, JobIsFinal, MoveNotAllowed, OfferNoLongerOpen

P = ParamSpec("P")
T = TypeVar("T")

#: serialization failure, deadlock detected
RETRIED = frozenset({"40001", "40P01"})
TRIES = 6

REFUSALS: dict[str, DomainError] = {
    "answers_come_before_the_deadline": OfferNoLongerOpen(
        "The time to answer ran out before this answer arrived."
    ),
    "answered_offers_are_final": OfferNoLongerOpen("This offer has been answered already."),
    "only_active_cleared_contractors_accept": MoveNotAllowed(
        "Work can be accepted only while the contractor is active and cleared. "
        "Please call the branch."
    ),
    "offers_go_to_active_cleared_contractors": MoveNotAllowed(
        "This contractor is not active, or not cleared through the end of the visit."
    ),
    "offers_go_to_skilled_technicians": MoveNotAllowed(
        "This technician is no longer there or lacks a skill that the job needs."
    ),
    "offers_go_to_contractors_with_the_papers": MoveNotAllowed(
        "This contractor lacks a paper that this kind of work asks for."
    ),
    "visits_begin_with_those_who_may_do_them": MoveNotAllowed(
        "This technician may not do this work now: a skill or a paper is missing, or has ended. "
        "Please call the branch."
    ),
    "calendar_entries_never_overlap": AlreadyTaken(
        "This technician's time was taken a moment ago. Choose another time or technician."
    ),
    "pending_offers_exclude_each_other": AlreadyTaken(
        "Somebody else is being asked for this job right now."
    ),
    "one_accepted_offer_per_round": AlreadyTaken("Somebody else has accepted this job."),
    "one_live_booking_per_job": AlreadyTaken("Somebody else has this job already."),
    "terminal_jobs_are_final": JobIsFinal("This job is closed; nothing changes any more."),
}


def constraint_of(error: BaseException) -> str:
    """The name of the constraint that refused, or ''."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def service(function: Callable[P, T]) -> Callable[P, T]:
    """Run a service as one transaction.

    Deadlocks and serialization failures retry the whole of it (when it is the outermost
    transaction); a refusal by one of the invariants becomes the DomainError that says so.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        outermost = not connection.in_atomic_block
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError as error:
                refusal = REFUSALS.get(constraint_of(error))
                if refusal is None:
                    raise
                raise type(refusal)(refusal.detail) from error
            except DatabaseError as error:
                state = getattr(error.__cause__, "sqlstate", None)
                if not outermost or state not in RETRIED or attempt == TRIES:
                    raise
                time.sleep(random.uniform(0.005, 0.02) * attempt)
        raise AssertionError("unreachable")

    return run
