"""A contractor answers with a price or time of his own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.actors import Actor
from jobs.audit.run import run_audit
from jobs.errors import InvalidInput, MoveNotAllowed, NotFound, OfferNoLongerOpen
from jobs.models import ChangePolicy, Escalation, JobEvent, Message, Offer, Proposal
from jobs.services.answers import accept_offer
from jobs.services.jobs import cancel_job
from jobs.services.proposals import accept_proposal, decline_proposal, propose
from network.models import CalendarEntry
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, decline, events_of, offered, open_questions, status_of
from tests.jobs.world import pending_offer, run_due, settle

pytestmark = pytest.mark.usefixtures("trio")


def ask(offer, **terms):
    return propose(offer_id=offer.pk, actor=Actor.contractor(offer.contractor), **terms)


def clean() -> None:
    settle()
    assert [f.check.id for f in run_audit(wait=lambda s: None).findings if f.ids] == []


@pytest.fixture
def asked(make_job):
    """Harold is asked; the limit is $250 and his own price $140."""
    job = make_job()
    return job, offered(job)


def test_within_the_limit_it_is_accepted_by_rule_at_the_price_asked(asked):
    job, offer = asked
    done = ask(offer, pay=Decimal("245.50"), note="two flights of stairs")
    clean()
    assert done.booking is not None
    assert done.proposal.by_rule
    assert done.booking.offer.pay == Decimal("245.50"), "frozen on the offer that was booked"
    assert (status_of(job), open_questions(job)) == ("booked", [])
    offer.refresh_from_db()
    assert (offer.status, offer.reason, offer.pay) == ("withdrawn", "countered", Decimal("140.00"))
    assert Outcome.objects.get().kind == "accepted"
    assert CalendarEntry.objects.get().source_ref == done.booking.public_id


def test_the_same_again_returns_what_became_of_it(asked):
    _, offer = asked
    first = ask(offer, pay=Decimal(200))
    again = ask(offer, pay=Decimal(200))
    assert (again.proposal, again.booking) == (first.proposal, first.booking)
    assert Proposal.objects.count() == 1


def test_another_start_inside_the_window_needs_nobody(asked):
    job, offer = asked
    start = job.window_start + timedelta(hours=3)
    done = ask(offer, starts_at=start)
    clean()
    assert done.booking.starts_at == start
    assert done.booking.offer.pay == offer.pay


def test_above_the_limit_it_is_a_question_with_the_next_beside_it(asked):
    job, offer = asked
    done = ask(offer, pay=Decimal(300))
    clean()
    assert done.booking is None
    assert open_questions(job) == ["counter_offer"]
    known = Escalation.objects.get(job=job, closed_at=None).data
    assert (known["contractor"], known["pay"], known["limit"]) == ("Harold", "300.00", "250.00")
    assert known["next"] == ["Lisa", "James"]
    waiting = pending_offer(job)
    assert waiting.pay == Decimal(300)
    assert CalendarEntry.objects.get().source_ref == waiting.public_id, "the time stays held"
    run_due()
    assert pending_offer(job) == waiting, "nobody else is asked while it waits"
    with pytest.raises(MoveNotAllowed, match="with the branch"):
        accept_offer(offer_id=waiting.pk, actor=SYSTEM, via="portal")
    with pytest.raises(MoveNotAllowed):
        ask(waiting, pay=Decimal(310))


def test_a_yes_books_it_and_settles_the_question(asked, dispatcher):
    job, offer = asked
    counter = ask(offer, pay=Decimal(300)).proposal.offer
    booking = accept_proposal(
        job_id=job.pk, offer=str(counter.public_id), actor=Actor.staff(dispatcher)
    )
    clean()
    assert booking.offer.pay == Decimal(300)
    assert (status_of(job), open_questions(job)) == ("booked", [])
    assert Proposal.objects.get().decided_by == dispatcher
    with pytest.raises(NotFound):
        accept_proposal(job_id=job.pk, actor=SYSTEM)


def test_a_no_moves_on_without_a_mark(asked):
    job, offer = asked
    ask(offer, pay=Decimal(300))
    assert decline_proposal(job_id=job.pk, actor=SYSTEM) == 1
    run_due()
    clean()
    assert pending_offer(job).contractor.name == "Lisa"
    assert not Outcome.objects.exists()
    assert open_questions(job) == []
    assert Message.objects.get(template="offer_withdrawn").contractor.name == "Harold"


def test_silence_of_the_branch_moves_on_without_a_mark(asked, clock):
    job, offer = asked
    ask(offer, pay=Decimal(300))
    counter = pending_offer(job)
    assert counter.expires_at <= clock.now + timedelta(hours=2), "the hold is bounded"
    clock.set(counter.expires_at)
    run_due()
    clean()
    assert pending_offer(job).contractor.name == "Lisa"
    assert open_questions(job) == []
    assert {o.due_to for o in Outcome.objects.all()} == {"system"}
    with pytest.raises(NotFound):
        accept_proposal(job_id=job.pk, actor=SYSTEM)


def test_a_cancelled_job_takes_the_question_with_it(asked):
    job, offer = asked
    ask(offer, pay=Decimal(300))
    cancel_job(job_id=job.pk, by="customer", reason="price", actor=SYSTEM)
    clean()
    assert open_questions(job) == []
    assert not Offer.objects.filter(status="pending").exists()


def test_the_contractor_can_take_his_price_back_by_saying_no(asked):
    job, offer = asked
    ask(offer, pay=Decimal(300))
    decline(pending_offer(job))
    clean()
    assert open_questions(job) == []
    assert {o.due_to for o in Outcome.objects.all()} == {"system"}


def test_a_time_outside_the_window_is_a_question_and_a_yes_moves_the_promise(asked):
    job, offer = asked
    start = job.window_end + timedelta(hours=2)
    assert ask(offer, starts_at=start).booking is None
    assert open_questions(job) == ["counter_offer"]
    booking = accept_proposal(job_id=job.pk, actor=SYSTEM)
    clean()
    length = job.window_end - job.window_start
    job.refresh_from_db()
    assert (job.window_start, job.window_end) == (start, start + length)
    assert booking.starts_at == start
    assert "appointment_moved" in Message.objects.values_list("template", flat=True)
    assert events_of(job).count("moved") == 1


def test_the_branch_may_want_to_see_every_price(asked, branch):
    ChangePolicy.objects.create(branch=branch, accepts_within_limit=False)
    job, offer = asked
    assert ask(offer, pay=Decimal(200)).booking is None
    assert open_questions(job) == ["counter_offer"]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({}, "pay"),
        ({"pay": Decimal("-1")}, "pay"),
        ({"pay": Decimal("NaN")}, "pay"),
        ({"pay": Decimal("1.005")}, "pay"),
        ({"note": "\x00", "pay": Decimal(1)}, "note"),
    ],
)
def test_what_is_no_proposal_is_refused_in_words(asked, terms, field):
    with pytest.raises(InvalidInput) as caught:
        ask(asked[1], **terms)
    assert field in caught.value.errors


def test_too_late_is_too_late(asked, clock):
    _, offer = asked
    clock.set(offer.expires_at)
    with pytest.raises(OfferNoLongerOpen):
        ask(offer, pay=Decimal(200))
    assert not JobEvent.objects.filter(kind="proposed").exists()
