"""Asked to confirm, asked again, warned, and rescued; and what ends each of these."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.audit import run_audit
from jobs.errors import MoveNotAllowed
from jobs.messaging.rendering import render
from jobs.models import Booking, Escalation, JobEvent, Message, Protection, Round
from jobs.services.due import process_timeouts
from jobs.services.moves import move_job
from jobs.services.visits import arrive, complete_visit, release_visit, set_eta, start_travel
from jobs.states import JobStatus
from network.models import CalendarEntry
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, accept, booked, events_of, offered, open_questions, status_of
from tests.jobs.world import START, pending_offer, run_due, settle

DAY = timedelta(days=1)


def minutes(many: int) -> timedelta:
    return timedelta(minutes=many)


def agrees() -> None:
    settle()
    report = run_audit(wait=lambda seconds: None)
    assert {f.check.id: f.ids for f in report.findings if f.ids} == {}


def told(job, template: str) -> list[str]:
    """Who got this message, in order."""
    return [
        str(message.contractor or message.address)
        for message in Message.objects.filter(job=job, template=template).order_by("pk")
    ]


@pytest.fixture
def job(clock, trio, make_job):
    """For the day after tomorrow, 8–12; booked now by Harold, so that both questions come."""
    day = (START + 2 * DAY).replace(hour=13)
    return make_job(window_start=day, window_end=day + timedelta(hours=4))


@pytest.fixture
def visit(job) -> Booking:
    return booked(job)


def silent_until_rescued(job, visit, clock) -> None:
    """Nothing is heard: asked, asked again, warned, and taken away."""
    for moment in (
        visit.starts_at - DAY,
        visit.starts_at - timedelta(hours=4),
        job.window_end - minutes(90),
        job.window_end - minutes(75),
    ):
        clock.set(moment)
        run_due()
    run_due()  # the search begins with the next look


def test_he_is_asked_a_day_before_and_again_four_hours_before(clock, job, visit, trio):
    job.refresh_from_db()
    assert job.next_wake_at == visit.starts_at - DAY
    clock.set(job.next_wake_at - minutes(1))
    run_due()
    assert told(job, "confirm_visit") == []
    clock.set(visit.starts_at - DAY)
    run_due()
    run_due()
    assert told(job, "confirm_visit") == ["Harold"]
    clock.set(visit.starts_at - timedelta(hours=4))
    run_due()
    assert told(job, "confirm_visit") == ["Harold", "Harold"]
    message = Message.objects.filter(template="confirm_visit").first()
    assert f"/portal/visits/{visit.public_id}/" in render(message)[1]
    agrees()


def test_whoever_confirms_is_left_in_peace(clock, job, visit):
    set_eta(booking_id=visit.pk, eta=job.window_start + minutes(30), actor=SYSTEM)
    for moment in (visit.starts_at - DAY, visit.starts_at - timedelta(hours=4), job.window_start):
        clock.set(moment)
        run_due()
    assert told(job, "confirm_visit") == told(job, "nudge_visit") == []
    assert status_of(job) == JobStatus.BOOKED
    agrees()


def test_fifteen_minutes_after_the_eta_he_is_asked_where_he_is_and_after_thirty_others(
    clock, job, visit, trio
):
    eta = job.window_start + minutes(30)
    set_eta(booking_id=visit.pk, eta=eta, actor=SYSTEM)
    clock.set(eta + minutes(15))
    run_due()
    assert told(job, "nudge_visit") == ["Harold"]
    assert status_of(job) == JobStatus.BOOKED
    clock.set(eta + minutes(30) - timedelta(microseconds=1))
    run_due()
    assert status_of(job) == JobStatus.BOOKED
    clock.set(eta + minutes(30))
    run_due()
    run_due()
    settle()
    assert status_of(job) == JobStatus.OFFERING
    assert pending_offer(job).contractor == trio[1], "not Harold, who is silent"
    assert Round.objects.get(job=job, number=2).cause == "no_show"
    assert open_questions(job) == ["presumed_no_show"]
    question = Escalation.objects.get(job=job, closed_at=None)
    assert question.data["contractor"] == "Harold"
    assert question.data["contractor_phone"]
    assert told(job, "rescue_began") == ["Harold"]
    assert set(Message.objects.filter(recipient_kind="customer").values_list("template")) == {
        ("appointment_booked",), ("appointment_changed",),
    }, "the customer hears nothing of the rescue"  # fmt: skip
    outcome = Outcome.objects.get(kind="no_show")
    assert (outcome.contractor_id, outcome.due_to) == (trio[0].pk, "contractor")
    agrees()


def test_a_later_eta_moves_the_nudge(clock, job, visit):
    set_eta(booking_id=visit.pk, eta=job.window_start, actor=SYSTEM)
    clock.set(job.window_start + minutes(15))
    run_due()
    set_eta(booking_id=visit.pk, eta=job.window_start + minutes(60), actor=SYSTEM)
    clock.set(job.window_start + minutes(45))
    run_due()
    assert len(told(job, "nudge_visit")) == 1
    clock.set(job.window_start + minutes(75))
    run_due()
    assert len(told(job, "nudge_visit")) == 2
    assert status_of(job) == JobStatus.BOOKED


def test_without_an_eta_the_rescue_begins_when_a_substitute_can_still_come(clock, job, visit, trio):
    silent_until_rescued(job, visit, clock)
    assert status_of(job) == JobStatus.OFFERING
    assert told(job, "nudge_visit") == ["Harold"]
    assert accept(pending_offer(job)).contractor == trio[1]
    settle()
    assert open_questions(job) == []
    agrees()


def test_before_the_planned_start_it_is_no_no_show_but_an_unconfirmed_visit(
    clock, trio, make_job, branch
):
    Protection.objects.create(branch=branch, rescue_lead_minutes=300)
    day = (START + 2 * DAY).replace(hour=13)
    job = make_job(window_start=day, window_end=day + timedelta(hours=4))
    visit = booked(job)
    for moment in (visit.starts_at - DAY, visit.starts_at - timedelta(hours=4), day - minutes(75)):
        clock.set(moment)
        run_due()
    clock.set(day - minutes(60))
    run_due()
    settle()
    visit.refresh_from_db()
    assert visit.reason == "not_confirmed"
    assert Round.objects.get(job=job, number=2).cause == "not_confirmed"
    assert list(Outcome.objects.exclude(kind="accepted").values_list("kind", flat=True)) == [
        "released_late"
    ]
    agrees()


def test_on_the_way_he_gets_an_hour_and_then_others_are_asked(clock, job, visit):
    eta = job.window_start + minutes(30)
    set_eta(booking_id=visit.pk, eta=eta, actor=SYSTEM)
    clock.set(eta - minutes(30))
    start_travel(booking_id=visit.pk, actor=SYSTEM)
    clock.set(eta + minutes(59))
    run_due()
    assert status_of(job) == JobStatus.EN_ROUTE
    clock.set(eta + minutes(60))
    run_due()
    clock.set(eta + minutes(75))
    run_due()
    assert status_of(job) == JobStatus.OFFERING
    agrees()


def test_with_protection_off_nobody_is_asked_and_the_dispatcher_is_at_the_window_s_end(
    clock, trio, make_job, branch
):
    Protection.objects.create(branch=branch, acts=False)
    day = (START + 2 * DAY).replace(hour=13)
    job = make_job(window_start=day, window_end=day + timedelta(hours=4))
    visit = booked(job)
    silent_until_rescued(job, visit, clock)
    assert told(job, "confirm_visit") == told(job, "nudge_visit") == []
    assert status_of(job) == JobStatus.BOOKED
    clock.set(job.window_end)
    run_due()
    assert open_questions(job) == ["no_check_in"]


# -- the rescue undone -------------------------------------------------------------------------

WORDS = {
    "on the way": lambda pk, job: start_travel(booking_id=pk, actor=SYSTEM),
    "on site": lambda pk, job: arrive(booking_id=pk, actor=SYSTEM),
    "a new time": lambda pk, job: set_eta(
        booking_id=pk, eta=job.window_end - minutes(30), actor=SYSTEM
    ),
}
STATES = {"on the way": "en_route", "on site": "on_site", "a new time": "booked"}


@pytest.mark.parametrize("word", WORDS)
def test_one_word_takes_the_visit_back_while_nobody_else_has_it(clock, job, visit, trio, word):
    silent_until_rescued(job, visit, clock)
    rival = pending_offer(job)
    clock.set(job.window_end - minutes(70))
    WORDS[word](visit.pk, job)
    settle()
    assert status_of(job) == STATES[word]
    visit.refresh_from_db()
    assert visit.live
    rival.refresh_from_db()
    assert (rival.status, rival.reason) == ("withdrawn", "first_is_back")
    assert not Outcome.objects.filter(source_ref=rival.public_id).exists(), "no penalty"
    assert open_questions(job) == []
    assert told(job, "rescue_undone") == ["Harold"]
    assert told(job, "offer_withdrawn") == ["Lisa"]
    assert Outcome.objects.get(kind="no_show").due_to == "system", "he came: it does not count"
    assert CalendarEntry.objects.count() == 1
    run_due()
    assert not pending_offers(job)
    agrees()
    clock.set(job.window_end - minutes(20))
    if word != "on site":
        arrive(booking_id=visit.pk, actor=SYSTEM)
    complete_visit(booking_id=visit.pk, result="fixed", actor=SYSTEM)
    agrees()


def pending_offers(job):
    return list(job.offers.filter(status="pending"))


def test_while_the_search_is_not_ranked_yet_it_comes_back_as_well(clock, job, visit):
    silent_until_rescued_without_search(job, visit, clock)
    assert Round.objects.filter(job=job, decision=None).exists()
    arrive(booking_id=visit.pk, actor=SYSTEM)
    settle()
    run_due()
    assert status_of(job) == JobStatus.ON_SITE
    agrees()


def silent_until_rescued_without_search(job, visit, clock) -> None:
    eta = job.window_start + minutes(30)
    set_eta(booking_id=visit.pk, eta=eta, actor=SYSTEM)
    for late in (15, 30):
        clock.set(eta + minutes(late))
        process_timeouts()
    assert status_of(job) == JobStatus.OFFERING


def test_once_a_substitute_has_it_all_three_are_told_the_same(clock, job, visit, trio):
    silent_until_rescued(job, visit, clock)
    substitute = accept(pending_offer(job))
    for _ in range(2):  # he taps twice
        with pytest.raises(Exception, match="gone to another contractor"):
            arrive(booking_id=visit.pk, actor=SYSTEM)
    settle()
    assert status_of(job) == JobStatus.BOOKED
    substitute.refresh_from_db()
    assert substitute.live
    assert open_questions(job) == ["late_check_in"]
    question = Escalation.objects.get(job=job, closed_at=None)
    assert (question.data["contractor"], question.data["substitute"]) == ("Harold", "Lisa")
    assert told(job, "substitute_stays") == ["Lisa"]
    assert events_of(job).count("late_check_in") == 1
    assert Outcome.objects.get(kind="no_show").due_to == "contractor"
    agrees()


def test_once_the_appointment_moved_his_old_time_does_not_come_back(clock, job, visit, trio):
    silent_until_rescued(job, visit, clock)
    starts, ends = (at + DAY for at in (job.window_start, job.window_end))
    move_job(job_id=job.pk, window_start=starts, window_end=ends, by_customer=True, actor=SYSTEM)
    with pytest.raises(MoveNotAllowed, match="moved to another day"):
        arrive(booking_id=visit.pk, actor=SYSTEM)
    settle()
    assert status_of(job) == JobStatus.OFFERING
    run_due()
    assert pending_offer(job).starts_at >= starts
    assert Outcome.objects.get(kind="no_show").due_to == "contractor"
    agrees()


def test_a_second_silence_after_a_rescue_undone_counts_again(clock, job, visit, trio):
    silent_until_rescued(job, visit, clock)
    set_eta(booking_id=visit.pk, eta=job.window_end - minutes(60), actor=SYSTEM)
    assert Outcome.objects.get(kind="no_show").due_to == "system"
    for late in (15, 30):
        clock.set(job.window_end - minutes(60 - late))
        run_due()
    assert status_of(job) == JobStatus.OFFERING
    assert Outcome.objects.get(kind="no_show").due_to == "contractor"
    assert JobEvent.objects.filter(job=job, kind="released").count() == 2
    agrees()


def test_when_his_time_is_taken_meanwhile_he_is_told_to_call(clock, job, visit, trio):
    silent_until_rescued(job, visit, clock)
    CalendarEntry.objects.create(
        branch=job.branch, technician=visit.technician, kind="time_off",
        period=(visit.starts_at, visit.ends_at),
    )  # fmt: skip
    with pytest.raises(Exception, match="taken by something else"):
        arrive(booking_id=visit.pk, actor=SYSTEM)
    assert status_of(job) == JobStatus.OFFERING
    agrees()


def test_giving_back_twice_is_one_release(clock, job, visit, trio):
    release_visit(booking_id=visit.pk, reason="vehicle", actor=SYSTEM)
    release_visit(booking_id=visit.pk, reason="vehicle", actor=SYSTEM)
    settle()
    assert events_of(job).count("released") == 1
    assert Round.objects.filter(job=job).count() == 2
    with pytest.raises(Exception, match="given back"):
        arrive(booking_id=visit.pk, actor=SYSTEM)


def test_a_visit_booked_shortly_before_is_not_asked_about(clock, trio, make_job):
    job = make_job(window_start=START, window_end=START + timedelta(hours=4))
    visit = accept(offered(job))
    clock.set(visit.starts_at + minutes(1))
    run_due()
    assert told(job, "confirm_visit") == []
