"""A contractor answers with a price or time of his own, and says why work is unfinished."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from jobs.models import ChangePolicy, CustomerNote
from jobs.services.customer_notes import add_note
from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive
from network import display
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, accept, booked, offered, open_questions, status_of

pytestmark = pytest.mark.usefixtures("trio")


@pytest.fixture
def harolds(client, harold_user):
    client.force_login(harold_user)
    return client


def text(answer) -> str:
    return answer.content.decode()


def terms(offer) -> str:
    return reverse("portal:own_terms", args=[offer.public_id])


def test_a_price_within_the_limit_is_his_at_once(harolds, make_job):
    job = make_job(not_to_exceed=Decimal(300))
    offer = offered(job)
    page = text(harolds.get(f"/portal/offers/{offer.public_id}/"))
    assert "Another price or time?" in page
    assert "left to answer" in page
    assert 'value="140.00"' in text(harolds.get(terms(offer)))
    answer = harolds.post(terms(offer), {"pay": "210", "starts_at": ""}, follow=True)
    assert "Agreed, and yours" in text(answer)
    assert job.bookings.get().offer.pay == 210


def test_above_the_limit_it_waits_and_can_be_taken_back(harolds, make_job):
    job = make_job(not_to_exceed=Decimal(200))
    offer = offered(job)
    answer = harolds.post(terms(offer), {"pay": "260", "note": "Two floors up"}, follow=True)
    page = text(answer)
    assert "Your branch is asked" in page
    assert "Accept for" not in page
    waiting = job.offers.get(status="pending")
    until = display.phone_clock(waiting.expires_at, job.time_zone)
    assert f"The branch decides until {until} EST" in page
    assert "left for the branch" in page
    assert "to answer" not in page, "it is not Harold's turn"
    listed = text(harolds.get(reverse("portal:offers")))
    assert f"With your branch until {until}" in listed
    assert "left to answer" not in listed
    old = harolds.get(f"/portal/offers/{offer.public_id}/")
    assert old.url.endswith(f"{waiting.public_id}/"), "the old address leads to the new one"
    harolds.post(reverse("portal:decline", args=[waiting.public_id]), {"reason": "too_busy"})
    assert open_questions(job) == []
    assert not Outcome.objects.filter(kind="declined", due_to="contractor").exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"pay": "much"}, "Give an amount such as"),
        ({"pay": "140"}, "This is the offer as it stands"),
        ({"pay": "-1"}, "above zero"),
        ({"pay": "150", "starts_at": "soon"}, "Give a day and a time"),
        ({"starts_at": "2020-01-01T08:00"}, "This time has passed"),
    ],
)
def test_what_cannot_be_asked_is_said_and_what_was_typed_stays(harolds, make_job, data, says):
    offer = offered(make_job())
    answer = harolds.post(terms(offer), {**data, "note": "Two floors up"})
    assert answer.status_code == 422
    assert says in text(answer)
    assert "Two floors up" in text(answer)
    offer.refresh_from_db()
    assert offer.status == "pending"


def test_why_another_visit_is_needed_decides_whose_it_is(harolds, make_job, clock):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    address = reverse("portal:complete", args=[booking.public_id])
    answer = harolds.post(address, {"result": "needs_another_visit", "note": "A valve"})
    assert "Choose why another visit is needed" in text(answer)
    harolds.post(address, {"result": "needs_another_visit", "note": "A valve", "because": "parts"})
    assert status_of(job) == "completed"
    assert Outcome.objects.get(kind="needs_another_visit").due_to == "parts"
    assert open_questions(job) == ["needs_another_visit"]


def test_notes_are_seen_by_whoever_has_the_visit_only(harolds, make_job):
    job = make_job()
    add_note(job_id=job.pk, text="The key is under the mat", actor=SYSTEM)
    offer = offered(job)
    assert "under the mat" not in text(harolds.get(f"/portal/offers/{offer.public_id}/"))
    assert CustomerNote.objects.count() == 1
    booking = accept(offer)
    assert "under the mat" in text(harolds.get(reverse("portal:visit", args=[booking.public_id])))


def test_what_is_paid_for_a_late_change_stands_on_the_visit(harolds, make_job, clock):
    job = make_job()
    ChangePolicy.objects.create(branch=job.branch, late_cancel_fee=Decimal("25"))
    booking = booked(job)
    cancel_job(job_id=job.pk, by="customer", reason="other", actor=SYSTEM)
    page = text(harolds.get(reverse("portal:visit", args=[booking.public_id])))
    assert "Cancelled late by the customer: you are paid" in page
    assert "$25" in page
