"""Visits in the portal: one step at a time, repeatable, and given back in the open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.actors import Actor
from jobs.models import Booking, Escalation, Job, Message, Offer
from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive, start_travel
from jobs.states import JobStatus
from network.models import Contractor, User
from tests.jobs.world import START, add_technician, run_due, settle
from tests.portal.conftest import signed_in
from tests.portal.test_offers import assert_tells_nothing, page

HAROLD = Actor.system("test")


def post(client: Client, name: str, booking: Booking, **data: str) -> Any:
    return client.post(reverse(f"portal:{name}", args=[booking.public_id]), data)


def followed(client: Client, name: str, booking: Booking, **data: str) -> str:
    """Post, and the page it leads to."""
    answer = post(client, name, booking, **data)
    assert answer.status_code == 302, answer.content[:400]
    return client.get(answer.headers["Location"]).content.decode()


def status_of(booking: Booking) -> str:
    return Job.objects.get(pk=booking.job_id).status


def test_the_visit_goes_step_by_step(harold_client: Client, booked: Booking, clock: Any) -> None:
    assert "I’m on my way" in page(harold_client, "visit", booked.public_id)
    clock.set(booked.starts_at - timedelta(minutes=10))
    html = followed(harold_client, "start", booked)
    assert "I’ve arrived" in html
    assert "Only your taps are sent, never your position." in html
    clock.advance(minutes=10)
    html = followed(harold_client, "arrived", booked)
    assert status_of(booked) == JobStatus.ON_SITE
    assert "How did it end?" in html
    clock.advance(minutes=50)
    html = followed(harold_client, "complete", booked, result="fixed", note="New element")
    assert "Fixed" in html
    assert "New element" in html
    assert status_of(booked) == JobStatus.COMPLETED
    settle()


def test_every_step_can_be_tapped_twice(harold_client: Client, booked: Booking) -> None:
    for name, data in [
        ("start", {}),
        ("arrived", {}),
        ("complete", {"result": "fixed"}),
    ]:
        first = followed(harold_client, name, booked, **data)
        second = followed(harold_client, name, booked, **data)
        assert "is-bad" not in first, name
        assert "is-bad" not in second, name
    assert status_of(booked) == JobStatus.COMPLETED


def test_steps_in_the_wrong_order_are_said_and_change_nothing(
    harold_client: Client, booked: Booking
) -> None:
    html = followed(harold_client, "complete", booked, result="fixed")
    assert "Report the arrival first" in html
    assert status_of(booked) == JobStatus.BOOKED


def test_another_visit_needs_to_say_what_is_missing(harold_client: Client, booked: Booking) -> None:
    start_travel(booking_id=booked.pk, actor=HAROLD)
    arrive(booking_id=booked.pk, actor=HAROLD)
    refused = post(harold_client, "complete", booked, result="needs_another_visit")
    assert refused.status_code == 200
    assert "Say what is missing" in refused.content.decode()
    assert status_of(booked) == JobStatus.ON_SITE
    html = followed(
        harold_client,
        "complete",
        booked,
        result="needs_another_visit",
        note="A new valve",
        because="parts",
    )
    assert "Needs another visit" in html
    question = Escalation.objects.get(job=booked.job_id, closed_at=None)
    assert (question.kind, question.data["note"]) == ("needs_another_visit", "A new valve")


def test_a_result_must_be_chosen(harold_client: Client, booked: Booking) -> None:
    start_travel(booking_id=booked.pk, actor=HAROLD)
    arrive(booking_id=booked.pk, actor=HAROLD)
    for data in ({}, {"result": "exploded"}):
        html = post(harold_client, "complete", booked, **data).content.decode()
        assert "Choose how it ended." in html
    assert status_of(booked) == JobStatus.ON_SITE


def test_one_tap_tells_the_customer_when(harold_client: Client, booked: Booking) -> None:
    html = page(harold_client, "visit", booked.public_id)
    told = booked.starts_at + timedelta(minutes=30)
    assert f'value="{told.isoformat()}"' in html
    html = followed(harold_client, "eta", booked, eta=told.isoformat())
    assert "Dana is told: about" in html
    assert "Dana was told" in html
    booked.refresh_from_db()
    assert booked.eta == told
    changed = Message.objects.filter(template="appointment_changed")
    followed(harold_client, "eta", booked, eta=told.isoformat())
    assert changed.count() == 1


def test_a_time_of_day_is_taken_at_the_site(harold_client: Client, booked: Booking) -> None:
    followed(harold_client, "eta", booked, at="10:15")
    booked.refresh_from_db()
    assert booked.eta == booked.job.window_start + timedelta(hours=2, minutes=15)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"at": "15:00"}, "inside the arrival window"),
        ({"at": "soon"}, "Give a time such as"),
        ({}, "Give a time such as"),
        ({"eta": "2026-11-03T10:00"}, "time zone"),
        ({"eta": "x"}, "Give a time such as"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words(
    harold_client: Client, booked: Booking, data: dict[str, str], words: str
) -> None:
    assert words in followed(harold_client, "eta", booked, **data)
    booked.refresh_from_db()
    assert booked.eta is None


def test_giving_back_says_what_it_means_and_frees_the_visit(
    harold_client: Client, booked: Booking
) -> None:
    html = page(harold_client, "release", booked.public_id)
    assert "The customer keeps the window" in html
    assert "Less than 24 hours before the window" in html
    assert "Choose a reason." in post(harold_client, "release", booked).content.decode()
    assert status_of(booked) == JobStatus.BOOKED
    html = followed(harold_client, "release", booked, reason="vehicle", note="Flat tyre")
    assert "Given back" in html
    assert status_of(booked) == JobStatus.OFFERING
    assert_tells_nothing(html)  # the visit is no longer theirs, nor is the address
    run_due()
    assert Offer.objects.get(job=booked.job, status="pending").contractor.name == "Lisa"
    followed(harold_client, "release", booked, reason="vehicle")
    assert Booking.objects.get(pk=booked.pk).end_kind == "released"
    settle()


def test_a_day_before_still_counts_as_early(
    harold: Contractor, harold_client: Client, make_job: Any, clock: Any
) -> None:
    start = START + timedelta(days=3)
    job = make_job(window_start=start, window_end=start + timedelta(hours=4))
    run_due()
    offer = Offer.objects.get(job=job, status="pending")
    harold_client.post(reverse("portal:accept", args=[offer.public_id]))
    booking = Booking.objects.get(offer=offer)
    clock.set(start - timedelta(hours=24))
    assert "More than 24 hours" in page(harold_client, "release", booking.public_id)
    clock.advance(microseconds=1)
    assert "Less than 24 hours" in page(harold_client, "release", booking.public_id)


@pytest.mark.parametrize("reason", ["not_active", "reassigned", "whatever"])
def test_reasons_of_the_machine_cannot_be_given(
    harold_client: Client, booked: Booking, reason: str
) -> None:
    html = post(harold_client, "release", booked, reason=reason).content.decode()
    assert "Choose a reason." in html
    assert status_of(booked) == JobStatus.BOOKED


def test_a_cancelled_visit_hides_the_customer_and_refuses_steps_in_words(
    harold_client: Client, booked: Booking
) -> None:
    cancel_job(job_id=booked.job_id, by="customer", reason="no_longer_needed", actor=Actor.system())
    for name in ("start", "arrived", "eta"):
        html = followed(harold_client, name, booked, at="10:00")
        assert "This visit was cancelled" in html
        assert "ended" in html or "nothing changes" in html
        assert_tells_nothing(html)
    for name in ("today", "visits", "calendar"):
        assert_tells_nothing(page(harold_client, name))


def test_nobody_sees_or_moves_anothers_visit(
    lisa_client: Client, booked: Booking, dispatcher: User
) -> None:
    for name in ("visit", "complete", "release"):
        address = reverse(f"portal:{name}", args=[booked.public_id])
        assert lisa_client.get(address).status_code == 404
        assert signed_in(dispatcher).get(address).status_code == 403
        assert Client().get(address).status_code == 302
    for name in ("start", "arrived", "eta", "complete", "release"):
        assert post(lisa_client, name, booked, at="10:00").status_code == 404
        assert post(signed_in(dispatcher), name, booked).status_code == 403
        assert post(Client(), name, booked).status_code == 302
    assert status_of(booked) == JobStatus.BOOKED


def test_steps_need_a_post(harold_client: Client, booked: Booking) -> None:
    for name in ("start", "arrived", "eta"):
        address = reverse(f"portal:{name}", args=[booked.public_id])
        assert harold_client.get(address).status_code == 405


def test_today_shows_the_next_step_first(
    harold_client: Client, booked: Booking, clock: Any
) -> None:
    html = page(harold_client, "today")
    assert "Good morning, Harold" in html
    assert "Mon 2 Nov · 9 am EST" in html
    assert "I’m on my way" in html
    assert "41 Pond Lane" in html
    clock.set(booked.starts_at)
    assert "1 left today" in page(harold_client, "today")


def test_an_empty_day_says_what_comes(harold_client: Client) -> None:
    html = page(harold_client, "today")
    assert "A free day so far" in html
    assert "I’m on my way" not in html


def test_a_sole_trader_never_reads_the_word_technician(
    harold_client: Client, offered: Offer, harold: Contractor
) -> None:
    pages = [page(harold_client, "offer", offered.public_id)]
    harold_client.post(reverse("portal:accept", args=[offered.public_id]))
    booking = Booking.objects.get(offer=offered)
    for name in ("today", "offers", "visits", "calendar", "time_off", "you"):
        pages.append(page(harold_client, name))
    pages.append(page(harold_client, "visit", booking.public_id))
    pages.append(followed(harold_client, "start", booking))
    pages.append(followed(harold_client, "arrived", booking))
    pages.append(followed(harold_client, "eta", booking, at="10:00"))
    assert "You are on site already." in pages[-1]
    for html in pages:
        assert "technician" not in html.lower()


def test_a_firm_reads_who_goes(harold: Contractor, harold_client: Client, booked: Booking) -> None:
    add_technician(harold, "Zoe")
    assert "Who goes" in page(harold_client, "visit", booked.public_id)
