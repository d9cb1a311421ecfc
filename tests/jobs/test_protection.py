"""A contractor is lost, by whatever hand: the offer goes on, the appointment is kept."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.models import Booking, Message, Offer, Round
from jobs.services import protection
from jobs.services.protection import protect_appointments
from jobs.services.visits import start_travel
from network.models import CalendarEntry, Contractor, Technician, TechnicianSkill
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, accept, booked, offered, on_site, open_questions, status_of
from tests.jobs.world import pending_offer, run_due, settle


def lose(contractor, how: str) -> None:
    """Change rows behind the services' backs, as SQL or the admin would."""
    match how:
        case "suspended" | "left" | "paused":
            Contractor.objects.filter(pk=contractor.pk).update(status=how)
        case "clearance gone":
            Contractor.objects.filter(pk=contractor.pk).update(cleared_until=None)
        case "cleared too short":
            Contractor.objects.filter(pk=contractor.pk).update(cleared_until=date(2026, 11, 2))
        case "technician gone":
            Technician.objects.filter(contractor=contractor).update(active=False)
        case "skill gone":
            TechnicianSkill.objects.filter(technician__contractor=contractor).delete()
        case "level lowered":
            TechnicianSkill.objects.filter(technician__contractor=contractor).update(level=1)
        case "technician moved":
            elsewhere = Contractor.objects.exclude(pk=contractor.pk).latest("pk")
            Technician.objects.filter(contractor=contractor).update(contractor=elsewhere)
        case "certificate over":
            TechnicianSkill.objects.filter(technician__contractor=contractor).update(
                expires_on=date(2026, 11, 2)
            )


LOST_OFFERS = {
    "suspended": "not_active",
    "left": "not_active",
    "paused": "not_active",
    "clearance gone": "not_cleared",
    "cleared too short": "not_cleared",
    "technician gone": "technician_gone",
    "technician moved": "technician_gone",
    "skill gone": "skill_missing",
    "level lowered": "skill_missing",
    "certificate over": "skill_missing",
}


@pytest.mark.parametrize("how", LOST_OFFERS)
def test_a_pending_offer_is_withdrawn_and_the_next_is_asked(clock, trio, make_job, how):
    job = make_job()
    offer = offered(job)
    lose(trio[0], how)
    assert protect_appointments() == 1
    settle()
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", LOST_OFFERS[how])
    assert not CalendarEntry.objects.exists()
    assert Message.objects.filter(template="offer_withdrawn", contractor=trio[0]).count() == 1
    assert not Outcome.objects.exists(), "withdrawn is nobody's fault"
    run_due()
    assert pending_offer(job).contractor == trio[1]
    assert protect_appointments() == 0
    settle()


LOST_VISITS = {
    "suspended": "not_active",
    "left": "not_active",
    "clearance gone": "not_cleared",
    "cleared too short": "not_cleared",
    "technician gone": "technician_gone",
    "technician moved": "technician_gone",
    "skill gone": "skill_missing",
    "level lowered": "skill_missing",
    "certificate over": "skill_missing",
}


@pytest.mark.parametrize("how", LOST_VISITS)
@pytest.mark.parametrize("under_way", [False, True])
def test_a_booked_visit_is_rebooked_for_the_same_promise(clock, trio, make_job, how, under_way):
    job = make_job()
    booking = booked(job)
    told = Message.objects.filter(recipient_kind="customer").count()
    promise = job.window_start, job.window_end
    if under_way:
        start_travel(booking_id=booking.pk, actor=SYSTEM)
    lose(trio[0], how)
    assert protect_appointments() == 1
    settle()
    booking.refresh_from_db()
    assert (booking.live, booking.end_kind, booking.reason) == (
        False, "released", LOST_VISITS[how],
    )  # fmt: skip
    assert Round.objects.get(job=job, number=2).cause == "contractor_lost"
    assert Message.objects.get(template="visit_cancelled").contractor == trio[0]
    run_due()
    again = pending_offer(job)
    assert again.contractor == trio[1]
    accept(again)
    settle()
    job.refresh_from_db()
    assert (status_of(job), job.window_start, job.window_end) == ("booked", *promise)
    assert Message.objects.filter(recipient_kind="customer").count() == told, "she hears nothing"
    assert open_questions(job) == []


def test_who_pauses_keeps_the_visits_he_has(clock, trio, make_job):
    booking = booked(make_job())
    lose(trio[0], "paused")
    assert protect_appointments() == 0
    booking.refresh_from_db()
    assert booking.live


def test_who_is_on_site_finishes_the_work(clock, trio, make_job):
    booking = on_site(make_job(), clock)
    lose(trio[0], "suspended")
    assert protect_appointments() == 0
    assert Booking.objects.get(pk=booking.pk).live


def test_who_is_back_before_the_run_keeps_what_he_has(clock, trio, make_job, monkeypatch):
    job = make_job()
    offer = offered(job)
    lose(trio[0], "suspended")
    found = protection.find_lost_offers()
    Contractor.objects.filter(pk=trio[0].pk).update(status="active")
    original = protection.find_lost_offers
    monkeypatch.setattr(
        protection,
        "find_lost_offers",
        lambda **of: original(**of) if of.get("job_id") else found,
    )
    assert protect_appointments() == 0
    offer.refresh_from_db()
    assert offer.status == "pending"


def test_one_that_fails_stops_none_of_the_others(clock, trio, make_job, monkeypatch):
    bad, good = make_job(), make_job()
    run_due()
    Contractor.objects.update(status="suspended")
    original = protection.withdraw_pending

    def breaking(*, job, **rest):
        if job.id == bad.pk:
            raise RuntimeError("poison")
        return original(job=job, **rest)

    monkeypatch.setattr(protection, "withdraw_pending", breaking)
    assert protect_appointments() == 1
    assert Offer.objects.get(job=good).status == "withdrawn"
    assert Offer.objects.get(job=bad).status == "pending"
    monkeypatch.undo()
    assert protect_appointments() == 1
    settle()
