"""By when a customer hears at the latest: only moments that the system itself keeps."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from jobs.customer.status import moment_words
from jobs.models import Escalation
from jobs.services.customer_changes import decline_request
from jobs.services.customer_links import customer_url
from jobs.services.visits import release_visit
from network import display
from tests.jobs.steps import SYSTEM, booked, decline, offered
from tests.jobs.world import START, run_due

pytestmark = pytest.mark.usefixtures("trio")

LATEST = re.compile(r"By (.+?) at the latest you read here who comes")
UNLESS = re.compile(r"Without an answer by (.+?) it goes ahead as it is")
AGAIN = re.compile(r"Others are asked again at (.+?)\.")


@pytest.fixture
def words(client):
    """The page's text without its tags."""

    def read(job) -> str:
        page = client.get(customer_url(job).removeprefix(settings.BASE_URL)).content.decode()
        return re.sub(r"<[^>]+>", "", page)

    return read


def said(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def test_moments_read_after_by():
    tz = "America/New_York"
    noon = START + timedelta(hours=3)
    assert moment_words(noon, tz, START) == "noon"
    assert moment_words(noon + timedelta(days=1), tz, START) == "noon tomorrow"
    far = moment_words(noon + timedelta(days=3), tz, START)
    assert far == "noon on Thursday 5 November"


def test_a_search_says_by_when_the_page_knows_and_then_it_does(words, make_job, clock):
    job = make_job()
    assert said(LATEST, words(job)) == "noon tomorrow"
    booking = booked(job)
    assert said(LATEST, words(job)) == "", "somebody comes: there is nothing to wait for"
    release_visit(booking_id=booking.pk, reason="vehicle", actor=SYSTEM)
    assert said(LATEST, words(job)) == "noon tomorrow"
    clock.set(job.window_end - timedelta(minutes=1))
    assert said(LATEST, words(job)) == "noon"
    clock.set(job.window_end)
    late = words(job)
    assert "We have not kept this time" in late
    assert said(LATEST, late) == ""


def test_nobody_left_to_ask_says_when_others_are_asked_again(words, make_job, trio, clock):
    job = make_job()
    decline(offered(job))
    clock.set(offered(job).expires_at)
    for _ in trio:
        run_due()
        pending = job.offers.filter(status="pending").first()
        if pending is not None:
            clock.set(pending.expires_at)
    run_due()
    question = Escalation.objects.get(job=job, closed_at=None)
    again = datetime.fromisoformat(question.data["again_at"])
    text = words(job)
    assert said(AGAIN, text) == display.phone_clock(again, job.time_zone)
    assert said(LATEST, text) == "noon tomorrow"
    clock.set(again)
    assert said(AGAIN, words(job)) == "", "what has passed is not announced"


def test_a_request_says_what_holds_without_an_answer(client, words, make_job, clock):
    job = make_job()
    booked(job)
    clock.set(job.window_start - timedelta(minutes=30))
    address = customer_url(job).removeprefix(settings.BASE_URL)
    client.post(f"{address}cancel/", {"reason": "price"})
    assert said(UNLESS, words(job)) == display.phone_clock(job.window_start, job.time_zone)
    clock.set(job.window_start)
    text = words(job)
    assert "We have your question" in text
    assert said(UNLESS, text) == "", "the window has begun: no moment is known any more"
    decline_request(job_id=job.pk, kind="cancel_asked", actor=SYSTEM)
    assert "We have your question" not in words(job)
