"""Answers by text: YES 4821, NO 4821."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import Booking, Message, Offer
from jobs.services.offer_links import code_of
from jobs.services.text_answers import read_text, take_text
from network.models import Contractor
from tests.jobs.steps import offered
from tests.jobs.world import run_due
from tests.messages.conftest import send_all

pytestmark = pytest.mark.django_db
NUMBER = "+16175550177"


@pytest.fixture
def offer(trio, make_job) -> Offer:
    """An offer out to Harold, whose number is written in another way than the sender's."""
    Contractor.objects.filter(pk=trio[0].pk).update(phone="617 555-0177")
    return offered(make_job())


def reply() -> str:
    """The words of the newest reply."""
    send_all()
    return Message.objects.filter(template="text_reply").latest("pk").body


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("YES 4821", ("yes", "4821")),
        ("yes4821", ("yes", "4821")),
        (" Sí, 4821!", ("yes", "4821")),
        ("no 4821 thanks", ("no", "4821")),
        ("4821 yes please", ("yes", "4821")),
        ("yes", ("yes", "")),
        ("4821", ("", "4821")),
        ("yes or no 4821?", ("", "4821")),
        ("yes 4821 or 1234", ("yes", "")),
        ("yes 48210", ("yes", "")),
        ("", ("", "")),
    ],
)
def test_texts_are_read_as_people_write_them(text, read):
    assert read_text(text) == read


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text):
    answer, code = read_text(text)
    assert answer in ("", "yes", "no")
    assert code == "" or (len(code) == 4 and code.isdigit())


def test_yes_and_the_code_accept(offer, sms_hook, texts):
    code = code_of(offer.public_id)
    answer = sms_hook("message.received", {"from": NUMBER, "text": f"Yes {code}"})
    assert answer.status_code == 204
    booking = Booking.objects.get()
    offer.refresh_from_db()
    assert (offer.status, offer.via, booking.contractor) == ("accepted", "text", offer.contractor)
    assert "It’s yours: Water heater repair" in reply()
    assert texts[-1]["to"] == NUMBER


def test_the_same_text_delivered_twice_is_one_answer_and_one_reply(offer, sms_hook):
    data = {"from": NUMBER, "text": f"YES {code_of(offer.public_id)}"}
    for _ in range(2):
        assert sms_hook("message.received", data, key="evt_9").status_code == 204
    assert Booking.objects.count() == 1
    assert Message.objects.filter(template="text_reply").count() == 1


def test_no_and_the_code_decline_and_the_next_is_asked(offer, trio):
    kind = take_text(sender=NUMBER, text=f"NO {code_of(offer.public_id)}", key="1")
    assert kind == "declined"
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("declined", "other")
    run_due()
    assert Offer.objects.filter(contractor=trio[1], status="pending").exists()


def test_another_number_answers_nothing_and_gets_no_reply(offer):
    text = f"YES {code_of(offer.public_id)}"
    assert take_text(sender="+16175550666", text=text, key="1") == "nobody"
    offer.refresh_from_db()
    assert offer.status == "pending"
    assert not Message.objects.filter(template="text_reply").exists()


def test_a_code_of_somebody_elses_offer_is_unknown(offer, trio):
    Contractor.objects.filter(pk=trio[1].pk).update(phone="617 555 0188")
    kind = take_text(sender="+16175550188", text=f"YES {code_of(offer.public_id)}", key="1")
    assert kind == "unknown"
    assert "No offer of yours has the code" in reply()


def test_an_answer_to_an_offer_that_has_expired_says_so(offer, clock):
    clock.set(offer.expires_at)
    kind = take_text(sender=NUMBER, text=f"YES {code_of(offer.public_id)}", key="1")
    assert kind == "too_late"
    assert not Booking.objects.exists()
    assert "Too late for Water heater repair" in reply()


def test_the_second_of_two_answers_is_told_what_the_first_has_done(offer):
    code = code_of(offer.public_id)
    assert take_text(sender=NUMBER, text=f"YES {code}", key="1") == "accepted"
    assert take_text(sender=NUMBER, text=f"YES {code}", key="2") == "accepted"
    assert take_text(sender=NUMBER, text=f"NO {code}", key="3") == "too_late"
    assert Booking.objects.count() == 1


def test_a_code_that_two_open_offers_share_answers_neither(offer, trio, make_job, monkeypatch):
    other = offered(make_job())
    assert other.contractor == offer.contractor
    monkeypatch.setattr("jobs.services.offer_links._code", lambda offer, key: "4821")
    assert take_text(sender=NUMBER, text="YES 4821", key="1") == "ambiguous"
    assert not Booking.objects.exists()
    assert "More than one offer" in reply()


@pytest.mark.parametrize(("text", "kind"), [("YES", "no_code"), ("hello", "no_word")])
def test_what_is_no_answer_is_told_how_one_looks(offer, text, kind):
    assert take_text(sender=NUMBER, text=text, key="1") == kind
    assert "as in YES 4821" in reply()


def test_guessing_ends_after_a_few_texts(offer):
    right = int(code_of(offer.public_id))
    for guess in range(1, 6):
        wrong = f"{(right + guess) % 10_000:04d}"
        assert take_text(sender=NUMBER, text=f"YES {wrong}", key=str(guess)) == "unknown"
    assert take_text(sender=NUMBER, text=f"YES {right:04d}", key="6") == "silent"
    offer.refresh_from_db()
    assert offer.status == "pending"
    assert Message.objects.filter(template="text_reply").count() == 5


def test_a_reply_is_in_the_contractors_language(offer, trio):
    Contractor.objects.filter(pk=trio[0].pk).update(language="es")
    take_text(sender=NUMBER, text=f"SI {code_of(offer.public_id)}", key="1")
    assert "Es suyo" in reply()
