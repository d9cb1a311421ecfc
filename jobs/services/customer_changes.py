"""What the customer may do from the link: move, cancel, or ask for it after the cut-off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed, NotFound
from jobs.models import Escalation, Job
from jobs.models.changes import ChangePolicy
from jobs.models.message import Message
from jobs.services.fees import policy_of
from jobs.services.jobs import cancel_job
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job
from jobs.services.moves import MOVABLE, move, move_job
from jobs.services.transactions import service
from jobs.states import CancelBy, CancelReason, EscalationKind, JobStatus

_NOT_OFFERED = "These times are no longer offered. Choose from the times on this page."
ASKED = (EscalationKind.MOVE_ASKED, EscalationKind.CANCEL_ASKED)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the customer may do at a moment. ``until`` is the cut-off, where one counts."""

    may_move: bool
    may_cancel: bool
    asks: bool
    """Whether a change is a request to the office by now."""
    until: datetime | None


def rights_of(job: Job | LockedJob, policy: ChangePolicy, *, at: datetime) -> Rights:
    """Before the cut-off, or while nobody is booked, changes are the customer's own."""
    if job.status in (JobStatus.NEW, JobStatus.OFFERING):
        return Rights(True, True, False, None)
    until = job.window_start - timedelta(minutes=policy.cutoff_minutes)
    if job.status == JobStatus.BOOKED:
        return Rights(True, True, at >= until, until)
    if job.status == JobStatus.EN_ROUTE:
        return Rights(False, True, True, until)
    return Rights(False, False, False, None)


@service
def customer_moves(
    *,
    job_id: int,
    window_start: datetime,
    window_end: datetime,
    seen: datetime | None = None,
    note: str = "",
    actor: Actor,
) -> bool:
    """Move, or after the cut-off ask the dispatcher; True when it moved.

    Asking again replaces what was asked. Raises as ``move_job`` does.
    """
    job = lock_job(job_id)
    job.require_open()
    journal = Journal(at=database_now())
    if (window_start, window_end) == (job.window_start, job.window_end):
        return True
    rights = rights_of(job, policy_of(job.branch_id), at=journal.at)
    if not rights.may_move:
        raise MoveNotAllowed("Somebody is on the way already. Please call them about the time.")
    if rights.asks:
        _put_question(
            job,
            EscalationKind.MOVE_ASKED,
            {
                "window_start": window_start.isoformat(),
                "window_end": window_end.isoformat(),
                "note": note[:500],
            },
            journal,
            actor,
        )
        return False
    move_job(
        job_id=job_id,
        window_start=window_start,
        window_end=window_end,
        by_customer=True,
        note=note,
        seen=seen,
        actor=actor,
    )
    return True


@service
def customer_cancels(*, job_id: int, reason: str, note: str = "", actor: Actor) -> bool:
    """Cancel, or after the cut-off ask the dispatcher; True when it is cancelled.

    Cancelling what is cancelled changes nothing. Raises InvalidInput, JobIsFinal, MoveNotAllowed.
    """
    if reason not in CancelReason.values:
        raise InvalidInput({"reason": "Choose why."})
    job = lock_job(job_id)
    if job.status == JobStatus.CANCELLED:
        return True
    job.require_open()
    journal = Journal(at=database_now())
    rights = rights_of(job, policy_of(job.branch_id), at=journal.at)
    if not rights.may_cancel:
        raise MoveNotAllowed("Somebody is with you already. Please tell them.")
    if rights.asks:
        asked = {"reason": reason, "note": note[:500]}
        _put_question(job, EscalationKind.CANCEL_ASKED, asked, journal, actor)
        return False
    cancel_job(job_id=job_id, by=CancelBy.CUSTOMER, reason=reason, note=note, actor=actor)
    return True


def _put_question(
    job: LockedJob,
    kind: EscalationKind,
    data: dict[str, Any],
    journal: Journal,
    actor: Actor,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, data FROM jobs_escalation"
            " WHERE job_id = %s AND kind = ANY(%s) AND closed_at IS NULL",
            [job.id, [str(kind) for kind in ASKED]],
        )
        open_now = dict(cursor.fetchall())
    if (
        open_now.get(str(kind)) is not None
        and Escalation.objects.filter(job_id=job.id, kind=kind, closed_at=None, data=data).exists()
    ):
        return  # the same once more
    for earlier in open_now:
        journal.settle(job, kind=earlier, resolution="The customer asked for something else")
    journal.event(job, str(kind), actor, data=data)
    journal.escalate(job, kind, data)
    journal.flush()


def _asked(job: LockedJob, kind: EscalationKind) -> dict[str, Any]:
    found = Escalation.objects.filter(job_id=job.id, kind=kind, closed_at=None).first()
    if found is None:
        raise NotFound("The customer asks for nothing any more; somebody settled it.")
    return dict(found.data)


@service
def approve_request(*, job_id: int, kind: str, actor: Actor) -> Job:
    """Do what the customer asked for after the cut-off. Raises NotFound, MoveNotAllowed …"""
    job = lock_job(job_id)
    asked = _asked(job, EscalationKind(kind))
    if kind == EscalationKind.CANCEL_ASKED:
        return cancel_job(
            job_id=job_id,
            by=CancelBy.CUSTOMER,
            reason=asked["reason"],
            note=asked.get("note", ""),
            actor=actor,
        )
    return move_job(
        job_id=job_id,
        window_start=datetime.fromisoformat(asked["window_start"]),
        window_end=datetime.fromisoformat(asked["window_end"]),
        by_customer=True,
        note=asked.get("note", ""),
        actor=actor,
    )


@service
def decline_request(*, job_id: int, kind: str, actor: Actor) -> Job:
    """The appointment stays as it is, and the customer is told. Raises NotFound."""
    job = lock_job(job_id)
    _asked(job, EscalationKind(kind))
    journal = Journal(at=database_now())
    event = journal.event(job, "request_declined", actor, data={"request": str(kind)})
    journal.settle(job, kind=kind, resolution="The appointment stays", user_id=actor.user_id)
    journal.message_customer(
        event,
        template=Message.Template.CHANGE_DECLINED,
        context={
            **public_offer_context(job),
            "name": job.customer_name,
            "asked": "cancel" if kind == EscalationKind.CANCEL_ASKED else "move",
        },
    )
    journal.flush()
    return Job.objects.get(pk=job_id)


# -- other windows, offered when the promise is in danger -----------------------------------------
@service
def offer_windows(*, job_id: int, windows: list[tuple[datetime, datetime]], actor: Actor) -> Job:
    """Offer the customer other windows; the promise stands until one is chosen.

    Replaces what was offered before. Raises InvalidInput, MoveNotAllowed.
    """
    job = lock_job(job_id)
    job.require_open()
    if job.status not in MOVABLE:
        raise MoveNotAllowed("Somebody is on the way already.")
    journal = Journal(at=database_now())
    usable = [(start, end) for start, end in windows if start > journal.at and end > start][:6]
    if not usable:
        raise InvalidInput({"windows": "There is no window left to offer; look again."})
    listed = [[start.isoformat(), end.isoformat()] for start, end in usable]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_windowoffer SET closed_at = %s WHERE job_id = %s AND closed_at IS NULL",
            [journal.at, job.id],
        )
    Job.objects.get(pk=job_id).window_offers.create(windows=listed, made_at=journal.at)
    event = journal.event(job, "windows_offered", actor, data={"windows": listed})
    journal.message_customer(
        event,
        template=Message.Template.OTHER_WINDOWS,
        context={**public_offer_context(job), "name": job.customer_name, "windows": listed},
    )
    journal.flush()
    return Job.objects.get(pk=job_id)


@service
def choose_window(*, job_id: int, offer: str, index: int, actor: Actor) -> bool:
    """The customer takes one of the windows offered: the job moves; False if it was there already.

    Raises NotFound for an offer that is closed, InvalidInput for a window that has begun.
    """
    job = lock_job(job_id)
    job.require_open()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, windows, closed_at, chosen FROM jobs_windowoffer"
            " WHERE job_id = %s AND public_id = %s FOR UPDATE",
            [job_id, _offer_id(offer)],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_NOT_OFFERED)
    offer_id, listed, closed_at, chosen = row
    windows = json.loads(listed)
    if closed_at is not None and chosen == index:
        return False  # the second tap
    if closed_at is not None or not 0 <= index < len(windows):
        raise NotFound(_NOT_OFFERED)
    start, end = (datetime.fromisoformat(text) for text in windows[index])
    journal = Journal(at=database_now())
    moved = move(
        job=job,
        window=(start, end),
        by_customer=False,  # we asked: no fee, nobody's late change
        note="chosen from the times offered",
        seen=None,
        journal=journal,
        actor=actor,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_windowoffer SET closed_at = %s, chosen = %s WHERE id = %s",
            [journal.at, index, offer_id],
        )
    journal.flush()
    return moved


@service
def keep_window(*, job_id: int, offer: str, actor: Actor) -> bool:
    """The customer would rather keep the present time: the other ones are offered no longer.

    False when they were closed already.
    """
    job = lock_job(job_id)
    job.require_open()
    journal = Journal(at=database_now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_windowoffer SET closed_at = %s"
            " WHERE job_id = %s AND public_id = %s AND closed_at IS NULL",
            [journal.at, job_id, _offer_id(offer)],
        )
        if not cursor.rowcount:
            return False
    journal.event(job, "windows_refused", actor)
    journal.flush()
    return True


def _offer_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_NOT_OFFERED) from error
