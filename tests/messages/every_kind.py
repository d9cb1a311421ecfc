"""Every kind of message, written by the services that write them in earnest.

One week in Boston. A new kind of message belongs here: ``tests/messages/test_every_kind.py`` fails
for one that nothing writes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from jobs.actors import Actor
from jobs.errors import DomainError
from jobs.models import Booking, Job, MessageText, Protection, Standby
from jobs.services.contractor_messages import (
    tell_of_decision,
    tell_of_invitation,
    tell_of_paper,
    tell_of_requests,
    tell_of_standing,
    write_to_contractors,
)
from jobs.services.customer_changes import (
    customer_cancels,
    customer_moves,
    decline_request,
    offer_windows,
)
from jobs.services.digests import set_digest, write_due_digests
from jobs.services.jobs import cancel_job
from jobs.services.papers import settle_papers
from jobs.services.standby import answer_standby
from jobs.services.text_answers import take_text
from jobs.services.visits import arrive, complete_visit, set_eta
from network.models import Application, Branch, Contractor, DocumentRequest, User
from network.services.documents import approve_document
from network.services.invitations import invite
from tests.jobs.papers import paper, requirement
from tests.jobs.steps import SYSTEM, accept, booked, offered
from tests.jobs.world import make_contractor, pending_offer, run_due

DAY = timedelta(days=1)
CUSTOMER = Actor("customer", "Dana Whitfield")


@dataclass
class Week:
    """What the scenes need: the three contractors, staff, the clock, and jobs by the day."""

    clock: Any
    branch: Branch
    trio: list[Contractor]
    dispatcher: User
    admin: User
    make_job: Callable[..., Job]

    def job(self, days: int, **changes: Any) -> Job:
        """A job for 08–12 in so many days."""
        start = (self.clock.now + timedelta(days=days)).replace(hour=13)
        return self.make_job(window_start=start, window_end=start + timedelta(hours=4), **changes)


def write_every_kind(week: Week) -> None:
    """Play the week. Whatever is written waits to be sent, except where a scene says so."""
    for scene in (visits_and_offers, letters, standby, changes, silences, papers, staff):
        scene(week)


def visits_and_offers(week: Week) -> None:
    """Offered, booked, a time named, called off; an offer taken back; a text answered."""
    job, other = week.job(1), week.job(1)
    booking = booked(job)
    set_eta(booking_id=booking.pk, eta=job.window_start + timedelta(minutes=30), actor=SYSTEM)
    offered(other)
    for one in (job, other):
        cancel_job(job_id=one.pk, by="customer", reason="no_longer_needed", actor=SYSTEM)
    take_text(sender=week.trio[0].phone, text="hello", key="every-kind")


def letters(week: Week) -> None:
    """What the office decides, asks and writes."""
    branch, now = week.branch, week.clock.now
    invitation, secret = invite(branch_id=branch.pk, email="ada@pipe.example", name="Ada")
    tell_of_invitation(invitation, secret=secret, inviter="Nora")
    for number, state in enumerate(("approved", "sent_back", "rejected")):
        applicant = make_contractor(
            branch, f"Applicant {number}", status="applicant", cleared_until=None
        )
        reason = "" if state == "approved" else "The licence is cut off."
        tell_of_decision(
            Application.objects.create(
                contractor=applicant, state=state, submitted_at=now, reviewed_at=now, reason=reason
            )
        )
    harold = week.trio[0]
    write_to_contractors([harold], branch=branch, subject="Snow", text="Careful.", key="snow")
    for change in ("pause", "resume"):
        tell_of_standing(
            [harold], branch=branch, change=change, reason="Agreed.", key=change, until=now.date()
        )


def standby(week: Week) -> None:
    """Lisa stands by for Harold's visit, who comes."""
    Protection.objects.create(
        branch=week.branch, standby_priorities=["low"], standby_fee=Decimal("35.00")
    )
    job = week.job(1, priority="low")
    booking = booked(job)
    run_due()
    asked = Standby.objects.get(job=job, status="asked")
    answer_standby(standby_id=asked.pk, yes=True, actor=Actor.contractor(asked.contractor))
    set_eta(booking_id=booking.pk, eta=booking.starts_at, actor=SYSTEM)
    move_to(week, booking.starts_at)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)


def changes(week: Week) -> None:
    """The customer moves in time, asks too late, and is offered other times."""
    moved = week.job(2)
    booked(moved)
    tomorrow = {"window_start": moved.window_start + DAY, "window_end": moved.window_end + DAY}
    assert customer_moves(job_id=moved.pk, **tomorrow, actor=CUSTOMER)
    others = [(moved.window_start + 3 * DAY, moved.window_end + 3 * DAY)]
    offer_windows(job_id=moved.pk, windows=others, actor=SYSTEM)
    cancel_job(job_id=moved.pk, by="dispatcher", reason="duplicate", actor=SYSTEM)
    late = week.job(1)
    booking = booked(late)
    move_to(week, booking.starts_at - timedelta(hours=1))
    assert not customer_cancels(job_id=late.pk, reason="price", actor=CUSTOMER)
    decline_request(job_id=late.pk, kind="cancel_asked", actor=SYSTEM)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)


def silences(week: Week) -> None:
    """Nothing is heard of Harold: once he comes back in time, once Lisa has it."""
    job = week.job(2)
    booking = booked(job)
    silent(week, job, booking)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    job = week.job(2)
    booking = booked(job)
    silent(week, job, booking)
    accept(pending_offer(job))
    with suppress(DomainError):  # it has gone to another contractor
        arrive(booking_id=booking.pk, actor=SYSTEM)


def silent(week: Week, job: Job, booking: Booking) -> None:
    """Asked, asked again, warned, and others are asked."""
    for moment in (
        booking.starts_at - DAY,
        booking.starts_at - timedelta(hours=4),
        job.window_end - timedelta(minutes=90),
        job.window_end - timedelta(minutes=75),
    ):
        move_to(week, moment)
        run_due()
    run_due()


def papers(week: Week) -> None:
    """A paper is asked for, sent, refused, sent again, and ends."""
    needed = requirement(week.branch)
    request = DocumentRequest.objects.create(contractor=week.trio[0], requirement=needed)
    tell_of_requests([request], branch=week.branch)
    refused = paper(week.trio[0], needed, None, state="rejected", reason="It cannot be read.")
    tell_of_paper(refused)
    ends = week.clock.now.date() + timedelta(days=40)
    sent = paper(week.trio[0], needed, ends, state="submitted", reviewed_at=None)
    tell_of_paper(approve_document(document_id=sent.pk, actor_id=None))
    for days in (30, -1):
        week.clock.set(
            datetime(ends.year, ends.month, ends.day, 17, tzinfo=week.clock.now.tzinfo)
            - timedelta(days=days)
        )
        settle_papers()


def staff(week: Week) -> None:
    """A summary; and words of theirs that cannot be used, found when a message is sent."""
    set_digest(user=week.dispatcher, branch=week.branch, every="day")
    week.clock.advance(days=1)
    write_due_digests()
    MessageText.objects.create(
        branch=week.branch, template="offer_made", subject="Work", body="Dear {first_name}"
    )


def move_to(week: Week, moment: datetime) -> None:
    """Domain time goes forward only."""
    if moment > week.clock.now:
        week.clock.set(moment)
