"""The steps of a visit, repeats, and what each refusal says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.errors import InvalidInput, JobIsFinal, MoveNotAllowed, NotFound
from jobs.models import Booking, Escalation, JobEvent, Message
from jobs.services.dispatch import rebook
from jobs.services.due import process_timeouts
from jobs.services.jobs import cancel_job
from jobs.services.visits import (
    arrive,
    complete_visit,
    release_visit,
    set_eta,
    start_travel,
    was_on_time,
)
from jobs.states import JobStatus, VisitResult
from network.models import CalendarEntry
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, booked, events_of, offered, on_site, open_questions, status_of
from tests.jobs.world import START, settle


def eta(booking, moment):
    return set_eta(booking_id=booking.pk, eta=moment, actor=SYSTEM)


@pytest.mark.parametrize("minutes", [0, 4 * 60])
def test_an_eta_inside_the_window_tells_the_customer(clock, trio, make_job, minutes):
    job = make_job()
    booking = booked(job)
    moment = job.window_start + timedelta(minutes=minutes)
    assert eta(booking, moment).eta == moment
    message = Message.objects.get(template="appointment_changed")
    assert message.address == "dana@example.com"
    assert message.context["eta"] == moment.isoformat()
    eta(booking, moment)
    assert Message.objects.filter(template="appointment_changed").count() == 1
    settle()


@pytest.mark.parametrize("minutes", [-1, 4 * 60 + 1])
def test_an_eta_outside_the_window_is_refused(clock, trio, make_job, minutes):
    job = make_job()
    booking = booked(job)
    with pytest.raises(InvalidInput, match="inside the arrival window"):
        eta(booking, job.window_start + timedelta(minutes=minutes))


def test_an_eta_that_has_passed_is_refused(clock, trio, make_job):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start + timedelta(hours=1))
    with pytest.raises(InvalidInput, match="has passed already"):
        eta(booking, clock.now - timedelta(seconds=1))
    assert eta(booking, clock.now).eta == clock.now
    with pytest.raises(InvalidInput, match="with its time zone"):
        eta(booking, clock.now.replace(tzinfo=None))


def test_after_arrival_there_is_no_eta_to_give(clock, trio, make_job):
    job = make_job()
    booking = on_site(job, clock)
    with pytest.raises(MoveNotAllowed, match="on site already"):
        eta(booking, job.window_end)


def test_each_step_can_be_repeated_without_effect(clock, trio, make_job):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    for step, kind in ((start_travel, "en_route"), (arrive, "arrived")):
        step(booking_id=booking.pk, actor=SYSTEM)
        step(booking_id=booking.pk, actor=SYSTEM)
        assert events_of(job).count(kind) == 1
    start_travel(booking_id=booking.pk, actor=SYSTEM)
    assert status_of(job) == JobStatus.ON_SITE
    for _ in range(2):
        complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    assert events_of(job).count("completed") == 1
    assert set(Outcome.objects.values_list("kind", flat=True)) == {"accepted", "on_time", "fixed"}
    settle()


def test_the_result_comes_after_the_arrival(clock, trio, make_job):
    booking = booked(make_job())
    with pytest.raises(MoveNotAllowed, match="Report the arrival first"):
        complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)


def test_an_unknown_result_is_refused(clock, trio, make_job):
    booking = on_site(make_job(), clock)
    with pytest.raises(InvalidInput, match="fixed, needs_another_visit, no_access"):
        complete_visit(booking_id=booking.pk, result="done", actor=SYSTEM)


def test_a_completed_visit_takes_no_other_step(clock, trio, make_job):
    job = make_job()
    booking = on_site(job, clock)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    for step in (
        lambda: complete_visit(booking_id=booking.pk, result="no_access", actor=SYSTEM),
        lambda: release_visit(booking_id=booking.pk, reason="sick", actor=SYSTEM),
        lambda: arrive(booking_id=booking.pk, actor=SYSTEM),
        lambda: eta(booking, job.window_end),
    ):
        with pytest.raises(JobIsFinal, match="This visit has ended: completed"):
            step()


@pytest.mark.parametrize(
    ("result", "question", "due_to"),
    [
        ("fixed", [], "contractor"),
        ("needs_another_visit", ["needs_another_visit"], "contractor"),
        ("no_access", ["no_access"], "customer"),
    ],
)
def test_a_visit_that_did_not_settle_it_is_a_question(
    clock, trio, make_job, result, question, due_to
):
    job = make_job()
    booking = on_site(job, clock)
    complete_visit(booking_id=booking.pk, result=result, note="see photo", actor=SYSTEM)
    settle()
    job.refresh_from_db()
    assert (job.status, job.result, job.closing_note) == ("completed", result, "see photo")
    assert (job.next_wake_at, job.closed_at) == (None, clock.now)
    assert open_questions(job) == question
    outcome = Outcome.objects.get(kind=result)
    assert (outcome.due_to, outcome.source_ref) == (due_to, booking.public_id)
    assert not CalendarEntry.objects.exists()
    assert set(VisitResult.values) == {"fixed", "needs_another_visit", "no_access"}


@pytest.mark.parametrize(("shift", "kind"), [(-1, "on_time"), (0, "on_time"), (1, "late")])
def test_on_time_is_up_to_the_windows_end(clock, trio, make_job, shift, kind):
    job = make_job()
    on_site(job, clock, at=job.window_end + timedelta(microseconds=shift))
    assert Outcome.objects.filter(kind=kind).count() == 1
    assert JobEvent.objects.get(kind="arrived").data["on_time"] is (kind == "on_time")


@pytest.mark.parametrize(
    ("minutes", "kept"), [(-31, False), (-30, True), (0, True), (15, True), (16, False)]
)
def test_a_fixed_start_is_kept_from_30_min_before_to_15_after(minutes, kept):
    arrived = START + timedelta(minutes=minutes)
    assert was_on_time(arrived_at=arrived, window_start=START, window_end=START) is kept


@pytest.mark.parametrize(("hours", "kind"), [(25, "released_early"), (24, "released_early"),
                                             (23.99, "released_late")])  # fmt: skip
def test_giving_back_within_a_day_of_the_window_is_late(clock, trio, make_job, hours, kind):
    start = START + timedelta(hours=48)
    job = make_job(window_start=start, window_end=start + timedelta(hours=4))
    booking = booked(job)
    clock.set(start - timedelta(hours=hours))
    release_visit(booking_id=booking.pk, reason="vehicle", note="flat", actor=SYSTEM)
    settle()
    assert Outcome.objects.filter(kind=kind, due_to="contractor").count() == 1
    ended = Booking.objects.get(pk=booking.pk)
    assert (ended.end_kind, ended.reason, ended.note) == ("released", "vehicle", "flat")
    assert ended.finished_at == clock.now
    assert not CalendarEntry.objects.exists()


@pytest.mark.parametrize("step", [None, start_travel, arrive])
def test_a_visit_can_be_given_back_from_every_live_state(clock, trio, make_job, step):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    if step:
        step(booking_id=booking.pk, actor=SYSTEM)
    release_visit(booking_id=booking.pk, reason="overrun", actor=SYSTEM)
    release_visit(booking_id=booking.pk, reason="overrun", actor=SYSTEM)
    settle()
    job.refresh_from_db()
    assert (job.status, job.round_number) == (JobStatus.OFFERING, 2)


def test_a_release_needs_a_reason_a_contractor_may_give(clock, trio, make_job):
    booking = booked(make_job())
    for reason in ("", "not_active", "reassigned"):
        with pytest.raises(InvalidInput, match="sick, overrun, vehicle, double_booked, other"):
            release_visit(booking_id=booking.pk, reason=reason, actor=SYSTEM)


def test_a_visit_taken_away_says_whose_it_is_not(clock, trio, make_job, dispatcher):
    job = make_job()
    booking = booked(job)
    release_visit(booking_id=booking.pk, reason="sick", actor=SYSTEM)
    with pytest.raises(MoveNotAllowed, match="was given back; it is no longer yours"):
        arrive(booking_id=booking.pk, actor=SYSTEM)
    second = booked(job)
    rebook(job_id=job.pk, actor=SYSTEM)
    with pytest.raises(MoveNotAllowed, match="no longer yours: given to another contractor"):
        arrive(booking_id=second.pk, actor=SYSTEM)


def test_a_question_about_a_visit_given_back_is_settled(clock, trio, make_job):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_end)
    process_timeouts()
    assert open_questions(job) == ["no_check_in"]
    release_visit(booking_id=booking.pk, reason="sick", actor=SYSTEM)
    assert open_questions(job) == []


def test_arriving_answers_the_question_where_he_is(clock, trio, make_job):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_end)
    process_timeouts()
    clock.advance(minutes=5)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    assert open_questions(job) == []
    assert Escalation.objects.get().resolution == "Harold arrived"


def test_an_unknown_visit_is_not_found(clock, trio):
    with pytest.raises(NotFound, match="There is no such visit"):
        arrive(booking_id=10**12, actor=SYSTEM)


@pytest.mark.parametrize("state", ["new", "offering", "booked", "en_route", "on_site"])
def test_a_job_can_be_cancelled_from_every_open_state(clock, trio, make_job, state):
    job = make_job()
    if state == "offering":
        offered(job)
    elif state != "new":
        booking = booked(job)
        if state != "booked":
            clock.set(job.window_start)
            step = start_travel if state == "en_route" else arrive
            step(booking_id=booking.pk, actor=SYSTEM)
    assert status_of(job) == state
    for _ in range(2):
        cancel_job(job_id=job.pk, by="customer", reason="found_another", actor=SYSTEM)
    settle()
    job.refresh_from_db()
    assert (job.status, job.cancelled_by, job.cancel_reason) == (
        "cancelled", "customer", "found_another",
    )  # fmt: skip
    assert (job.next_wake_at, job.closed_at) == (None, clock.now)
    assert not CalendarEntry.objects.exists()
    assert events_of(job).count("cancelled") == 1
    told = {
        "new": set(),
        "offering": {"offer_withdrawn"},
    }.get(state, {"visit_cancelled"})
    templates = set(Message.objects.exclude(template__in=("offer_made", "visit_booked"))
                    .values_list("template", flat=True))  # fmt: skip
    assert templates - {"appointment_booked"} == told | {"appointment_cancelled"}


def test_a_completed_job_cannot_be_cancelled(clock, trio, make_job):
    job = make_job()
    booking = on_site(job, clock)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    with pytest.raises(JobIsFinal, match="is done; nothing changes any more"):
        cancel_job(job_id=job.pk, by="customer", reason="price", actor=SYSTEM)


@pytest.mark.parametrize(("field", "value"), [("by", "nobody"), ("reason", "because")])
def test_cancelling_needs_who_and_why(clock, trio, make_job, field, value):
    job = make_job()
    facts = {"by": "customer", "reason": "price", field: value}
    with pytest.raises(InvalidInput) as caught:
        cancel_job(job_id=job.pk, actor=SYSTEM, **facts)
    assert list(caught.value.errors) == [field]
    assert caught.value.errors[field].startswith("Choose one of: ")


@pytest.mark.parametrize(("minutes_early", "kinds"), [(30, {"on_time"}), (31, set())])
def test_far_too_early_is_neither_on_time_nor_late(clock, trio, make_job, minutes_early, kinds):
    job = make_job()
    on_site(job, clock, at=job.window_start - timedelta(minutes=minutes_early))
    assert set(Outcome.objects.values_list("kind", flat=True)) - {"accepted"} == kinds
