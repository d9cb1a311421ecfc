"""The cascade: whom it asks, whom it passes over, when it waits, and what a batch costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.actors import Actor
from jobs.messaging import render
from jobs.models import JobEvent, Message, Offer, OfferWindow, Round
from jobs.services import cascade, rounds
from jobs.services.cascade import advance_batch
from jobs.services.dispatch import rebook
from jobs.services.due import process_timeouts, search_due_jobs
from jobs.services.expiry import expire_due_offers
from jobs.services.rounds import search
from jobs.services.visits import release_visit
from jobs.states import JobStatus
from jobs.windows import contact_period
from network.models import CalendarEntry, Contractor, Technician, TechnicianSkill, WorkingHours
from tests.jobs.steps import accept, booked, decline, events_of, offered, open_questions, status_of
from tests.jobs.world import (
    START,
    add_technician,
    make_contractor,
    pending_offer,
    run_due,
    settle,
)

LOCAL_8 = datetime(2026, 11, 3, 13, tzinfo=UTC)  # Tuesday 8:00 in Boston


def passed_over(job) -> list[tuple[str, str]]:
    return [
        (event.data["contractor"], event.data["rule"])
        for event in JobEvent.objects.filter(job=job, kind="candidate_passed_over")
    ]


@pytest.mark.parametrize(
    ("priority", "minutes"), [("emergency", 5), ("urgent", 15), ("standard", 60), ("low", 240)]
)
def test_the_time_to_answer_comes_from_the_priority(clock, trio, make_job, priority, minutes):
    offer = offered(make_job(priority=priority))
    assert offer.expires_at - offer.made_at == timedelta(minutes=minutes)


def test_a_branch_sets_its_own_times_to_answer(clock, trio, make_job, branch):
    OfferWindow.objects.create(branch=branch, priority="standard", minutes=25)
    first, second = make_job(), make_job()
    offer = offered(first)
    assert offer.expires_at - offer.made_at == timedelta(minutes=25)
    OfferWindow.objects.filter(branch=branch).update(minutes=40)
    decline(offer)
    run_due()
    again = pending_offer(first)
    assert again.expires_at - again.made_at == timedelta(minutes=40)
    assert offer.expires_at - offer.made_at == timedelta(minutes=25), "made offers keep theirs"
    assert status_of(second) == JobStatus.OFFERING


def test_eligibility_is_checked_again_at_every_step(clock, trio, make_job, branch):
    job = make_job()
    offer = offered(job)
    Contractor.objects.filter(pk=trio[1].pk).update(status="paused")
    decline(offer)
    run_due()
    settle()
    assert pending_offer(job).contractor == trio[2]
    assert passed_over(job) == [("Lisa", "not_active")]


def test_nobody_is_asked_twice_in_a_round(clock, trio, make_job):
    job = make_job()
    run_due()
    for _ in range(3):
        clock.set(pending_offer(job).expires_at)
        run_due()
    settle()
    asked = Offer.objects.filter(job=job).values_list("contractor__name", flat=True)
    assert sorted(asked) == ["Harold", "James", "Lisa"]
    assert open_questions(job) == ["everyone_asked"]
    for _ in range(3):
        run_due()
    assert Offer.objects.filter(job=job).count() == 3


def test_a_candidate_who_was_deleted_is_passed_over(clock, trio, make_job):
    job = make_job()
    offer = offered(job)
    Technician.objects.filter(contractor=trio[1]).delete()
    trio[1].delete()
    decline(offer)
    run_due()
    assert pending_offer(job).contractor == trio[2]
    assert passed_over(job) == [("A contractor", "gone")]
    settle()


def test_more_candidates_than_one_look_are_gone_through(clock, branch, service_type, make_job):
    many = [make_contractor(branch, f"C{n}", kilometres_north=1 + n) for n in range(9)]
    job = make_job()
    search(job_id=job.pk)
    last = Round.objects.get().contractor_ids[-1]
    Contractor.objects.exclude(pk=last).update(status="paused")
    run_due()
    assert pending_offer(job).contractor_id == last
    assert len(passed_over(job)) == len(many) - 1
    settle()


def test_a_slot_lost_to_somebody_else_is_looked_for_again(clock, harold, make_job, monkeypatch):
    """Whoever plans on an old picture of the calendar loses at the constraint, and looks anew."""
    job = make_job()
    search(job_id=job.pk)
    technician = harold.technicians.get()
    original = cascade._load

    def stale(branch_id, turns, at):
        known = original(branch_id, turns, at)
        if not CalendarEntry.objects.exists():
            CalendarEntry.objects.create(
                branch=job.branch,
                technician=technician,
                kind="time_off",
                period=(job.window_start, job.window_start + timedelta(hours=1)),
            )
        return known

    monkeypatch.setattr(cascade, "_load", stale)
    run_due()
    offer = pending_offer(job)
    assert offer.starts_at >= job.window_start + timedelta(hours=1)
    job.refresh_from_db()
    assert job.attempts == 0
    settle()


def test_a_slot_lost_every_time_passes_on_instead_of_turning_for_ever(
    clock, trio, make_job, monkeypatch
):
    job = make_job()
    search(job_id=job.pk)
    blind = trio[0].technicians.get()
    CalendarEntry.objects.create(
        branch=job.branch,
        technician=blind,
        kind="time_off",
        period=(job.window_start - timedelta(hours=2), job.window_end + timedelta(hours=2)),
    )
    original = cascade._load

    def without_entries(branch_id, turns, at):
        known = original(branch_id, turns, at)
        for technician in known._facts.technicians.values():
            technician.entries.clear()
        return known

    monkeypatch.setattr(cascade, "_load", without_entries)
    process_timeouts()
    assert pending_offer(job).contractor == trio[1]
    assert passed_over(job) == [("Harold", "fully_booked")]
    settle()


def test_two_jobs_of_one_batch_do_not_get_the_same_time(clock, harold, make_job):
    jobs = [make_job() for _ in range(5)]
    for job in jobs:
        search(job_id=job.pk)
    assert advance_batch() == 5
    offers = list(Offer.objects.filter(status="pending").order_by("starts_at"))
    assert len(offers) == 4, "four hours of arrivals hold four visits of 75 min at one site"
    assert all(one.ends_at <= next.starts_at for one, next in pairwise(offers))
    process_timeouts()
    assert [open_questions(job) for job in jobs].count(["everyone_asked"]) == 1
    settle()


def test_the_offer_is_planned_so_that_answering_late_still_keeps_the_promise(
    clock, harold, make_job
):
    job = make_job(window_start=START, window_end=START + timedelta(hours=3))
    offer = offered(job)
    drive = timedelta(minutes=offer.travel_minutes)
    assert offer.expires_at - offer.made_at == timedelta(minutes=60)
    assert offer.expires_at + drive <= offer.starts_at <= job.window_end


def test_a_job_taken_in_during_its_window_is_offered_with_less_time(clock, trio, make_job):
    job = make_job(
        window_start=START - timedelta(hours=3), window_end=START + timedelta(minutes=45)
    )
    offer = offered(job)
    drive = timedelta(minutes=offer.travel_minutes)
    assert offer.expires_at - START <= timedelta(minutes=15)
    assert offer.expires_at + drive <= offer.starts_at <= job.window_end
    assert accept(offer).starts_at == offer.starts_at
    settle()


def test_when_it_is_too_late_to_arrive_the_dispatcher_is_told(clock, trio, make_job):
    job = make_job(window_start=START - timedelta(hours=3), window_end=START + timedelta(minutes=2))
    run_due()
    assert not Offer.objects.exists()
    assert open_questions(job) in (["no_candidates"], ["everyone_asked"])
    settle()


def quiet(contractor, begins: str, ends: str) -> None:
    Contractor.objects.filter(pk=contractor.pk).update(contact_from=begins, contact_until=ends)


def test_in_quiet_hours_the_cascade_waits_for_the_morning(clock, trio, make_job):
    quiet(trio[0], "07:00", "19:00")
    evening = datetime(2026, 11, 3, 1, tzinfo=UTC)  # Monday 20:00 in Boston
    clock.set(evening)
    job = make_job(
        window_start=LOCAL_8 + timedelta(hours=3), window_end=LOCAL_8 + timedelta(hours=8)
    )
    run_due()
    job.refresh_from_db()
    morning = datetime(2026, 11, 3, 12, tzinfo=UTC)  # Tuesday 7:00
    assert (job.status, job.next_wake_at) == (JobStatus.OFFERING, morning)
    assert not Offer.objects.exists()
    assert not CalendarEntry.objects.exists(), "no hold sleeps through a night"
    for _ in range(2):
        run_due()
    assert events_of(job).count("waits_for_contact_hours") == 1
    clock.set(morning - timedelta(microseconds=1))
    run_due()
    assert not Offer.objects.exists()
    clock.set(morning)
    run_due()
    assert pending_offer(job).contractor == trio[0]
    settle()


def test_when_the_promise_cannot_wait_the_next_is_asked_without_penalty(clock, trio, make_job):
    quiet(trio[0], "11:00", "19:00")
    clock.set(LOCAL_8 - timedelta(hours=2))
    job = make_job(window_start=LOCAL_8, window_end=LOCAL_8 + timedelta(hours=2))
    run_due()
    assert pending_offer(job).contractor == trio[1]
    assert passed_over(job) == [("Harold", "no_time_to_answer")]
    settle()


def test_an_emergency_knows_no_quiet_hours(clock, trio, make_job):
    quiet(trio[0], "11:00", "19:00")
    clock.set(LOCAL_8 - timedelta(hours=1))
    job = make_job(
        window_start=LOCAL_8, window_end=LOCAL_8 + timedelta(hours=2), priority="emergency"
    )
    assert offered(job).contractor == trio[0]


def test_no_offer_runs_past_the_contact_hours(clock, trio, make_job):
    quiet(trio[0], "07:00", "09:40")  # START is 9:00 in Boston, the window would end at 10:00
    job = make_job()
    assert offered(job).expires_at == START + timedelta(minutes=40)


def test_a_visit_that_ends_at_midnight_needs_clearance_for_the_day_it_was_on(
    clock, harold, make_job
):
    """Clearance through a day covers a visit up to that day's last minute."""
    WorkingHours.objects.update(starts="12:00", ends="00:00")
    Contractor.objects.update(cleared_until=date(2026, 11, 3))
    TechnicianSkill.objects.update(expires_on=date(2026, 11, 3))
    late = datetime(2026, 11, 4, 3, 45, tzinfo=UTC)  # Tuesday 22:45 in Boston, 75 min of work
    job = make_job(window_start=late - timedelta(hours=2), window_end=late)
    CalendarEntry.objects.create(
        branch=job.branch,
        technician=harold.technicians.get(),
        kind="time_off",
        period=(late - timedelta(hours=3), late),
    )
    offer = offered(job)
    assert offer.ends_at == datetime(2026, 11, 4, 5, tzinfo=UTC), "midnight in Boston"
    settle()
    accept(offer)
    settle()


def test_the_night_in_which_the_clocks_change_is_counted_in_real_minutes(clock, harold, make_job):
    """Sunday 7 November 2027, 2:00 EDT becomes 1:00 EST: the visit keeps its 75 minutes."""
    WorkingHours.objects.update(starts="00:00", ends="00:00")
    start = datetime(2027, 11, 7, 5, 30, tzinfo=UTC)  # 1:30 EDT, half an hour before
    clock.set(start - timedelta(hours=30))
    Contractor.objects.update(cleared_until=date(2027, 11, 7))
    job = make_job(window_start=start, window_end=start + timedelta(hours=2))
    booking = booked(job)
    assert booking.ends_at - booking.starts_at == timedelta(minutes=75)
    settle()


def test_a_firm_offers_the_technician_who_has_time(clock, harold, make_job):
    hank = add_technician(harold, "Hank")
    job = make_job()
    CalendarEntry.objects.create(
        branch=job.branch,
        technician=harold.technicians.exclude(pk=hank.pk).get(),
        kind="time_off",
        period=(job.window_start, job.window_end + timedelta(hours=2)),
    )
    assert offered(job).technician == hank
    settle()


def test_an_offer_shows_no_street_name_or_phone(clock, trio, make_job):
    job = make_job(
        address="41 Pond Lane", customer_name="Dana Whitfield", customer_phone="(617) 555-0142",
        description="Key with Mr Whitfield at 43",
    )  # fmt: skip
    offered(job)
    message = Message.objects.get(template="offer_made")
    text = " ".join((*render(message), str(message.context)))
    for secret in ("Pond", "Dana", "Whitfield", "555-0142", "dana@example.com", "Key with"):
        assert secret not in text
    assert "Boston 02215" in text
    assert f"/portal/offers/{pending_offer(job).public_id}/" in text


def batch_cost(make_job, jobs: int) -> int:
    for _ in range(jobs):
        search(job_id=make_job().pk)
    with CaptureQueriesContext(connection) as spent:
        assert advance_batch() == jobs
    return sum("SAVEPOINT" not in query["sql"] for query in spent)


def test_a_batch_of_fifty_costs_what_a_batch_of_five_does(clock, branch, service_type, make_job):
    for number in range(60):
        make_contractor(branch, f"C{number}", kilometres_north=0.2 * number)
    assert batch_cost(make_job, 5) == batch_cost(make_job, 50)
    process_timeouts()
    assert Offer.objects.filter(status="pending").count() == 55
    settle()


def test_all_offers_that_are_due_expire_in_one_statement(clock, trio, make_job):
    offers = [offered(make_job()) for _ in range(3)]
    clock.set(max(offer.expires_at for offer in offers))
    with CaptureQueriesContext(connection) as spent:
        assert expire_due_offers().offers == 3
    assert sum("SAVEPOINT" not in query["sql"] for query in spent) == 1
    assert expire_due_offers().offers == 0
    settle()


def test_searching_twice_ranks_once(clock, trio, make_job):
    job = make_job()
    assert search(job_id=job.pk)
    assert not search(job_id=job.pk)
    assert search_due_jobs() == 0
    assert events_of(job).count("ranked") == 1
    settle()


def test_a_round_ranked_by_another_worker_is_left_alone(clock, trio, make_job, monkeypatch):
    """The waiting list was read before the other one committed."""
    job = make_job()
    booked(job)
    rebook(job_id=job.pk, actor=Actor.system())
    seen = rounds._WAITING
    search(job_id=job.pk)
    monkeypatch.setattr(rounds, "_WAITING", seen[: seen.index("AND (j.status")])
    assert not search(job_id=job.pk)
    assert events_of(job).count("ranked") == 2


def test_who_gave_it_back_is_not_asked_again_by_the_machine(clock, harold, make_job):
    job = make_job()
    release_visit(booking_id=booked(job).pk, reason="sick", actor=Actor.system())
    run_due()
    assert open_questions(job) == ["no_candidates"]
    decision = Round.objects.get(job=job, number=2).decision
    assert decision.not_eligible["gave_it_back"] == 1
    settle()


def test_contact_hours_are_local_to_the_branch():
    begins, ends = contact_period(
        now=START, contact_from=time(9), contact_until=time(17), time_zone="America/New_York"
    )
    assert (begins, ends) == (START, START + timedelta(hours=8))


def test_an_admin_edits_the_minutes_and_the_next_offer_has_them(
    clock, trio, make_job, branch, branch_admin, client
):
    client.force_login(branch_admin)
    before = offered(make_job())
    answer = client.post(
        reverse("admin:jobs_offerwindow_add"),
        {"branch": branch.pk, "priority": "standard", "minutes": 35},
    )
    assert answer.status_code == 302
    job = make_job()
    run_due()
    after = pending_offer(job)
    assert after.expires_at - after.made_at == timedelta(minutes=35)
    before.refresh_from_db()
    assert before.expires_at - before.made_at == timedelta(minutes=60)


def test_contractors_are_locked_before_their_technicians(clock, trio, make_job):
    search(job_id=make_job().pk)
    with CaptureQueriesContext(connection) as spent:
        advance_batch()
    locks = [
        table
        for query in spent
        for table in ("network_contractor", "network_technician")
        if f"FROM {table} WHERE id = ANY" in query["sql"] and " FOR " in query["sql"]
    ]
    assert locks == ["network_contractor", "network_technician"]
