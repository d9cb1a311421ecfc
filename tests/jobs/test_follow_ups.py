"""Unfinished work has a linked next visit, and first-time fix is counted right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import Job, JobEvent, Offer, Round
from jobs.services.follow_ups import create_follow_up, next_visit
from jobs.services.visits import arrive, complete_visit
from network.services.calendar import add_time_off
from ranking.models import Outcome, Scorecard
from ranking.services.scorecards import refresh_scorecards
from tests.jobs.steps import SYSTEM, accept, on_site, open_questions
from tests.jobs.world import pending_offer, run_due, settle

pytestmark = pytest.mark.usefixtures("trio")


def ended(make_job, clock, result="needs_another_visit", **how) -> Job:
    """A visit by Harold that ended so."""
    job = make_job()
    booking = on_site(job, clock)
    complete_visit(booking_id=booking.pk, result=result, note="seal", actor=SYSTEM, **how)
    job.refresh_from_db()
    return job


def fix_outcomes():
    return list(
        Outcome.objects.filter(kind__in=["fixed", "needs_another_visit", "no_access"])
        .order_by("pk")
        .values_list("kind", "due_to")
    )


def test_one_click_makes_the_linked_job_with_the_same_contractor_first(make_job, clock, lisa):
    job = ended(make_job, clock)
    assert open_questions(job) == ["needs_another_visit"]
    follow_up = create_follow_up(job_id=job.pk, actor=SYSTEM)
    settle()
    assert follow_up.follow_up_of == job
    assert follow_up.address == job.address
    assert follow_up.window_start > clock.now
    assert open_questions(job) == []
    assert create_follow_up(job_id=job.pk, actor=SYSTEM) == follow_up, "twice is once"
    assert JobEvent.objects.get(kind="followed_up").data["reference"] == follow_up.reference


def test_who_made_the_first_visit_is_asked_first_whatever_the_rank(make_job, clock, harold):
    job = make_job()
    run_due()
    first = pending_offer(job)
    clock.set(first.expires_at)
    run_due()
    booking = accept(pending_offer(job))  # Lisa
    assert booking.contractor.name == "Lisa"
    clock.set(job.window_start)

    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="needs_another_visit", actor=SYSTEM)
    follow_up = create_follow_up(job_id=job.pk, actor=SYSTEM)
    run_due()
    offer = pending_offer(follow_up)
    assert offer.contractor.name == "Lisa"
    assert offer.rank > 1, "the ranking's own order stays to be seen"
    assert Round.objects.get(job=follow_up).contractor_ids[0] == booking.contractor_id


def test_parts_give_the_follow_up_time_to_come(make_job, clock):
    job = ended(make_job, clock, because="parts")
    follow_up = create_follow_up(job_id=job.pk, actor=SYSTEM)
    assert follow_up.window_start >= clock.now + timedelta(hours=20)


def test_when_the_first_is_not_free_anybody_may_come(make_job, clock, harold):
    job = ended(make_job, clock)
    add_time_off(
        technician_id=harold.technicians.get().pk,
        start=clock.now + timedelta(hours=1),
        end=clock.now + timedelta(days=20),
    )
    found = next_visit(job, at=clock.now)
    assert found is not None
    assert found.same == ""
    assert found.opening.free >= 1


def test_no_capacity_at_all_says_so(make_job, clock, trio):
    job = ended(make_job, clock)
    for contractor in trio:
        add_time_off(
            technician_id=contractor.technicians.get().pk,
            start=clock.now + timedelta(hours=2),
            end=clock.now + timedelta(days=30),
        )
    with pytest.raises(InvalidInput, match="Nobody is free"):
        create_follow_up(job_id=job.pk, actor=SYSTEM)
    assert open_questions(job) == ["needs_another_visit"]


def test_finished_or_unfinished_business_is_not_followed_up(make_job, clock):
    with pytest.raises(MoveNotAllowed, match="was finished"):
        create_follow_up(job_id=ended(make_job, clock, "fixed").pk, actor=SYSTEM)
    with pytest.raises(MoveNotAllowed, match="is over"):
        create_follow_up(
            job_id=make_job(
                window_start=clock.now + timedelta(days=1), window_end=clock.now + timedelta(days=2)
            ).pk,
            actor=SYSTEM,
        )


@pytest.mark.parametrize(
    ("result", "how", "due_to"),
    [
        ("needs_another_visit", {}, "contractor"),
        ("needs_another_visit", {"because": "contractor"}, "contractor"),
        ("needs_another_visit", {"because": "parts"}, "parts"),
        ("needs_another_visit", {"because": "customer"}, "customer"),
        ("no_access", {}, "customer"),
        ("fixed", {}, "contractor"),
    ],
)
def test_each_end_is_due_to_whoever_caused_it(make_job, clock, result, how, due_to):
    job = ended(make_job, clock, result, **how)
    assert fix_outcomes() == [(result, due_to)]
    assert open_questions(job) == ([] if result == "fixed" else [result])


def test_a_reason_that_is_none_is_refused(make_job, clock):
    booking = on_site(make_job(), clock)
    with pytest.raises(InvalidInput):
        complete_visit(
            booking_id=booking.pk, result="needs_another_visit", because="rain", actor=SYSTEM
        )


def test_a_follow_up_that_fixes_does_not_make_the_first_visit_a_first_time_fix(
    make_job, clock, harold
):
    job = ended(make_job, clock)
    follow_up = create_follow_up(job_id=job.pk, actor=SYSTEM)
    booking = on_site(follow_up, clock)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    settle()
    assert fix_outcomes() == [("needs_another_visit", "contractor"), ("fixed", "system")]
    refresh_scorecards(at=clock.now)
    card = Scorecard.objects.get(contractor=harold)
    assert (card.visits_count, card.fixed_count) == (1, 0)
    assert Offer.objects.filter(job=follow_up).count() == 1
