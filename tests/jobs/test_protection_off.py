"""With protection switched off in a branch, a dropped visit is a question to a person."""

from __future__ import annotations

import pytest

from jobs.models import Escalation, Message, Offer, Protection, Round
from jobs.services.dispatch import assign, rebook, search_again
from jobs.services.protection import protect_appointments
from jobs.services.visits import release_visit
from network.models import Contractor
from tests.jobs.steps import SYSTEM, accept, booked, open_questions, status_of
from tests.jobs.world import pending_offer, run_due, settle


@pytest.fixture
def unprotected(branch):
    return Protection.objects.create(branch=branch, acts=False)


@pytest.mark.parametrize("how", ["given back", "lost"])
def test_nobody_is_asked_and_the_dispatcher_is(clock, trio, make_job, unprotected, how):
    job = make_job()
    booking = booked(job)
    if how == "lost":
        Contractor.objects.filter(pk=trio[0].pk).update(status="suspended")
        assert protect_appointments() == 1
    else:
        release_visit(booking_id=booking.pk, reason="vehicle", actor=SYSTEM)
    run_due()
    settle()
    job.refresh_from_db()
    assert (status_of(job), open_questions(job)) == ("offering", ["dropped"])
    assert not Offer.objects.filter(job=job, status="pending").exists()
    assert Round.objects.filter(job=job, number__gt=1, contractor_ids__len__gt=0).count() == 0
    assert Escalation.objects.get().data["contractor"] == "Harold"
    assert job.next_wake_at >= job.window_end


def test_the_question_comes_back_when_it_was_closed_without_a_booking(
    clock, trio, make_job, unprotected
):
    job = make_job()
    release_visit(booking_id=booked(job).pk, reason="vehicle", actor=SYSTEM)
    Escalation.objects.update(closed_at=job.window_start)
    job.refresh_from_db()
    clock.set(job.next_wake_at)
    run_due()
    settle()
    assert open_questions(job) == ["dropped"]


def test_a_person_may_search_or_assign_as_before(clock, trio, make_job, unprotected):
    job, other, third = make_job(), make_job(), make_job()
    for one in (job, other):
        release_visit(booking_id=booked(one).pk, reason="vehicle", actor=SYSTEM)
    search_again(job_id=job.pk, actor=SYSTEM)
    run_due()
    assert pending_offer(job).contractor == trio[1]
    assign(job_id=other.pk, contractor_id=trio[2].pk, actor=SYSTEM)
    booked(third)
    rebook(job_id=third.pk, actor=SYSTEM)
    run_due()
    settle()
    assert status_of(other) == "booked"
    assert pending_offer(third), "a person asked for it"


def test_a_branch_without_settings_protects(clock, trio, make_job):
    job = make_job()
    release_visit(booking_id=booked(job).pk, reason="vehicle", actor=SYSTEM)
    run_due()
    accept(pending_offer(job))
    settle()
    assert (status_of(job), open_questions(job)) == ("booked", [])
    assert Message.objects.filter(recipient_kind="customer").count() == 1
