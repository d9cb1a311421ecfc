"""The standby: asked, holds the time for a fee, steps in without a search, released at check-in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.actors import Actor
from jobs.errors import OfferNoLongerOpen
from jobs.messaging.rendering import render
from jobs.models import Booking, Message, Protection, Round, Standby
from jobs.services.dispatch import rebook
from jobs.services.jobs import cancel_job
from jobs.services.moves import move_job
from jobs.services.protection import protect_appointments
from jobs.services.standby import answer_standby
from jobs.services.visits import arrive, complete_visit, release_visit, set_eta
from jobs.states import JobStatus
from network.models import CalendarEntry, Contractor
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, accept, booked, decline, events_of, offered, status_of
from tests.jobs.test_confirmation import agrees, minutes, pending_offers, told
from tests.jobs.world import START, run_due, settle


@pytest.fixture
def job(clock, trio, make_job, branch):
    """Tomorrow, 8–12, of a priority that gets a standby."""
    Protection.objects.create(
        branch=branch, standby_priorities=["standard"], standby_fee=Decimal("35.00")
    )
    return make_job()


@pytest.fixture
def visit(job) -> Booking:
    """Harold has it, and Lisa is asked to stand by."""
    visit = booked(job)
    run_due()
    return visit


def asked(job) -> Standby:
    return Standby.objects.get(job=job, status="asked")


def say(standby: Standby, yes: bool) -> Standby:
    return answer_standby(
        standby_id=standby.pk, yes=yes, actor=Actor.contractor(standby.contractor)
    )


def silent(job, visit, clock) -> None:
    eta = job.window_start + minutes(30)
    set_eta(booking_id=visit.pk, eta=eta, actor=SYSTEM)
    for late in (15, 30):
        clock.set(eta + minutes(late))
        run_due()


def test_the_runner_up_is_asked_and_his_calendar_holds_the_time(clock, job, visit, trio):
    standby = asked(job)
    assert standby.contractor == trio[1]
    assert (standby.fee, standby.currency) == (Decimal("35.00"), "USD")
    hold = CalendarEntry.objects.get(source_ref=standby.public_id)
    assert (hold.kind, hold.technician_id) == ("hold", standby.technician_id)
    assert (hold.period.lower, hold.period.upper) == (standby.starts_at, standby.ends_at)
    message = Message.objects.get(template="standby_asked")
    body = render(message)[1]
    assert "$35" in body
    assert f"/portal/standby/{standby.public_id}/" in body
    assert "41 Pond Lane" not in body
    agrees()


def test_other_jobs_get_none(clock, job, visit, make_job, branch):
    other = make_job(priority="low")
    booked(other)
    run_due()
    assert not Standby.objects.filter(job=other).exists()


def test_a_service_type_can_be_chosen_too(clock, trio, make_job, branch, service_type):
    settings = Protection.objects.create(branch=branch)
    settings.standby_service_types.add(service_type)
    job = make_job()
    booked(job)
    run_due()
    assert asked(job).contractor == trio[1]


def test_a_no_or_silence_passes_it_on_and_counts_for_nothing(clock, job, visit, trio):
    say(asked(job), yes=False)
    run_due()
    last = asked(job)
    assert last.contractor == trio[2]
    clock.set(last.expires_at)
    with pytest.raises(OfferNoLongerOpen):
        say(last, yes=True)
    run_due()
    settle()
    assert [s.status for s in Standby.objects.order_by("pk")] == ["declined", "expired"]
    assert "standby_not_found" in events_of(job)
    assert not Outcome.objects.exclude(kind="accepted").exists()
    assert CalendarEntry.objects.filter(kind="hold").count() == 0
    run_due()
    assert events_of(job).count("standby_not_found") == 1
    agrees()


def test_he_steps_in_at_a_no_show_without_a_new_search(clock, job, visit, trio):
    say(asked(job), yes=True)
    silent(job, visit, clock)
    settle()
    assert status_of(job) == JobStatus.BOOKED
    now_his = Booking.objects.get(job=job, live=True)
    assert now_his.contractor == trio[1]
    current = Round.objects.get(job=job, number=2)
    assert (current.cause, current.decision_id) == ("standby", None)
    assert job.offers.get(round=current).via == "standby"
    assert Standby.objects.get().status == "stepped_in"
    assert told(job, "visit_booked") == ["Harold", "Lisa"]
    assert not pending_offers(job)
    assert (
        Message.objects.filter(recipient_kind="customer", template="appointment_booked").count()
        == 1
    ), "told once, at the first booking"
    assert now_his.ends_at > now_his.starts_at >= job.window_start
    agrees()
    arrive(booking_id=now_his.pk, actor=SYSTEM)
    complete_visit(booking_id=now_his.pk, result="fixed", actor=SYSTEM)
    agrees()


def test_he_steps_in_when_the_visit_is_given_back(clock, job, visit, trio):
    say(asked(job), yes=True)
    clock.set(job.window_start - timedelta(hours=3))
    release_visit(booking_id=visit.pk, reason="vehicle", actor=SYSTEM)
    settle()
    assert Booking.objects.get(job=job, live=True).contractor == trio[1]
    agrees()


def test_he_is_released_with_thanks_when_the_first_checks_in(clock, job, visit, trio):
    say(asked(job), yes=True)
    clock.set(job.window_start)
    arrive(booking_id=visit.pk, actor=SYSTEM)
    settle()
    standby = Standby.objects.get()
    assert (standby.status, standby.reason) == ("released", "arrived")
    assert standby.answered_at is not None, "the fee is owed"
    assert told(job, "standby_ended") == ["Lisa"]
    assert not CalendarEntry.objects.filter(source_ref=standby.public_id).exists()
    agrees()


def test_whoever_was_only_asked_does_not_step_in(clock, job, visit, trio):
    release_visit(booking_id=visit.pk, reason="vehicle", actor=SYSTEM)
    settle()
    assert status_of(job) == JobStatus.OFFERING
    assert Standby.objects.get().status == "released"
    agrees()


def test_a_cancelled_job_lets_him_go(clock, job, visit):
    say(asked(job), yes=True)
    cancel_job(job_id=job.pk, by="customer", reason="other", actor=SYSTEM)
    settle()
    assert Standby.objects.get().reason == "cancelled"
    assert not CalendarEntry.objects.exists()
    agrees()


@pytest.mark.parametrize("said_yes", [True, False])
def test_when_the_appointment_moves_he_is_let_go_and_asked_again_for_the_new_time(
    clock, job, visit, said_yes
):
    first = asked(job)
    if said_yes:
        say(first, yes=True)
    day_later = [at + timedelta(days=1) for at in (job.window_start, job.window_end)]
    move_job(
        job_id=job.pk,
        window_start=day_later[0],
        window_end=day_later[1],
        by_customer=True,
        actor=SYSTEM,
    )
    run_due()
    first.refresh_from_db()
    assert (first.status, first.reason) == ("released", "moved")
    again = asked(job)
    assert again.contractor == first.contractor
    assert day_later[0] <= again.starts_at < day_later[1]
    say(again, yes=False)
    run_due()
    assert asked(job).contractor.name == "James", "a no is not asked a second time"
    agrees()


def test_when_the_dispatcher_rebooks_he_is_let_go(clock, job, visit):
    say(asked(job), yes=True)
    rebook(job_id=job.pk, actor=SYSTEM)
    settle()
    assert Standby.objects.get().status == "released"
    agrees()


def test_a_suspended_standby_is_let_go_and_the_next_one_asked(clock, job, visit, trio):
    say(asked(job), yes=True)
    Contractor.objects.filter(pk=trio[1].pk).update(status="suspended")
    assert protect_appointments() == 1
    run_due()
    settle()
    assert asked(job).contractor == trio[2]
    agrees()


def test_a_standby_who_may_not_work_does_not_step_in(clock, job, visit, trio):
    say(asked(job), yes=True)
    Contractor.objects.filter(pk=trio[1].pk).update(status="suspended")
    release_visit(booking_id=visit.pk, reason="vehicle", actor=SYSTEM)
    run_due()
    settle()
    assert status_of(job) == JobStatus.OFFERING
    assert pending_offers(job)[0].contractor == trio[2]
    agrees()


def test_the_time_held_is_offered_to_nobody_else(clock, job, visit, trio, make_job):
    say(asked(job), yes=True)
    held = Standby.objects.get()
    other = make_job(
        priority="low",
        window_start=held.starts_at - minutes(30),
        window_end=held.ends_at - minutes(1),
    )
    decline(offered(other))  # Harold
    run_due()
    assert pending_offers(other)[0].contractor == trio[2], "not Lisa, who stands by"


def test_yes_twice_is_one_yes_and_no_after_it_is_refused(clock, job, visit):
    standby = asked(job)
    say(standby, yes=True)
    assert say(standby, yes=True).status == "standing"
    with pytest.raises(Exception, match="You said yes already"):
        say(standby, yes=False)
    assert events_of(job).count("standby_agreed") == 1


def test_near_the_window_s_end_nobody_is_asked_any_more(clock, trio, make_job, branch):
    Protection.objects.create(
        branch=branch, standby_priorities=["standard"], rescue_lead_minutes=100
    )
    job = make_job(window_start=START, window_end=START + timedelta(hours=2))
    offer = offered(job)
    clock.set(START + minutes(25))
    accept(offer)
    run_due()
    assert not Standby.objects.exists()
    assert "standby_not_found" in events_of(job)
