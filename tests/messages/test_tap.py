"""One-tap links: they show, a code or a session decides."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from jobs.models import Booking, Offer, OfferLink
from jobs.services.offer_links import MOST_WRONG_CODES, code_of
from tests.house.test_get_changes_nothing import written
from tests.jobs.steps import offered
from tests.messages.conftest import send_all
from tests.portal.conftest import SECRETS, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(trio, make_job) -> Offer:
    offer = offered(make_job(description="No hot water. Ring twice at Pond Lane."))
    send_all()
    return offer


@pytest.fixture
def path(offer) -> str:
    """The address in the message."""
    return re.search(r"http://testserver(/portal/o/\S+/)", mail.outbox[0].body).group(1)


def wrong_code(offer: Offer) -> str:
    return f"{(int(code_of(offer.public_id)) + 1) % 10_000:04d}"


def test_a_link_shows_the_offer_without_a_session_and_changes_nothing(offer, path):
    with written() as statements:
        page = Client().get(path)
    assert statements == []
    words = page.content.decode()
    assert "Water heater repair" in words
    assert "$" in words
    for secret in SECRETS:
        assert secret not in words
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert code_of(offer.public_id) not in words, "the code is in the message alone"


def test_the_secret_is_kept_as_a_hash_only(offer, path):
    token = path.split("/")[-2]
    link = OfferLink.objects.get()
    assert token[:22] not in link.nonce_hash
    assert len(link.nonce_hash) == 64


def test_a_link_that_was_changed_is_none_of_ours(path):
    token = path.split("/")[-2]
    other = "A" if token[-1] != "A" else "B"
    for wrong in (token[:-1] + other, token[:22], "x", token + "x"):
        assert Client().get(f"/portal/o/{wrong}/").status_code == 404


def test_a_post_without_the_code_decides_nothing(offer, path):
    """What a scanner does that presses buttons."""
    for data in ({}, {"answer": "yes"}, {"answer": "yes", "code": ""}, {"answer": "no"}):
        assert Client().post(path, data).status_code == 422
    offer.refresh_from_db()
    assert offer.status == "pending"


def test_the_code_accepts_and_the_link_says_so_afterwards(offer, path):
    client = Client()
    answer = client.post(path, {"answer": "yes", "code": code_of(offer.public_id)}, follow=True)
    assert "It’s yours" in answer.content.decode()
    offer.refresh_from_db()
    assert (offer.status, offer.via) == ("accepted", "link")
    again = client.post(path, {"answer": "yes", "code": code_of(offer.public_id)}, follow=True)
    assert again.status_code == 200
    assert Booking.objects.count() == 1


def test_the_code_declines_with_a_reason(offer, path):
    data = {"answer": "no", "code": code_of(offer.public_id)}
    assert Client().post(path, data).status_code == 422
    Client().post(path, {**data, "reason": "too_far"})
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("declined", "too_far")


def test_guessing_is_limited_and_says_how_often_is_left(offer, path):
    client = Client()
    for left in range(MOST_WRONG_CODES - 1, -1, -1):
        page = client.post(path, {"answer": "yes", "code": wrong_code(offer)})
        assert page.status_code == 422
        words = page.content.decode()
        assert (f"{left} more tries" in words) == (left > 1)
    assert "wrong too often" in words
    page = client.post(path, {"answer": "yes", "code": code_of(offer.public_id)})
    assert page.status_code == 422
    offer.refresh_from_db()
    assert offer.status == "pending"
    OfferLink.objects.create(offer=offer, nonce_hash="f" * 64)
    page = client.post(path, {"answer": "yes", "code": code_of(offer.public_id)})
    assert page.status_code == 422, "another link of the offer gives no new tries"


def test_whoever_is_signed_in_for_the_contractor_needs_no_code(offer, path, harold_user):
    client = signed_in(harold_user)
    assert "Your answer counts at once" in client.get(path).content.decode().replace(
        "your answer", "Your answer"
    )
    client.post(path, {"answer": "yes"})
    offer.refresh_from_db()
    assert offer.status == "accepted"


def test_being_signed_in_for_somebody_else_is_no_session_of_this_offer(offer, path, lisa_user):
    assert signed_in(lisa_user).post(path, {"answer": "yes"}).status_code == 422
    offer.refresh_from_db()
    assert offer.status == "pending"


def test_an_answer_too_late_meets_words_and_no_error(offer, path, clock):
    clock.set(offer.expires_at)
    answer = Client().post(path, {"answer": "yes", "code": code_of(offer.public_id)}, follow=True)
    assert answer.status_code == 200
    assert "Your time ran out" in answer.content.decode()
    assert not Booking.objects.exists()
