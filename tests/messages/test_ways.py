"""Which channel, which language, and not before when."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from jobs.models import Message, MessagePreference, PushSubscription
from jobs.services.contractor_messages import write_to_contractors
from jobs.services.outbox import claim_due_messages
from jobs.services.ways import Wanted, ways_of
from network.models import Contractor
from network.phones import e164
from tests.jobs.steps import offered
from tests.messages.conftest import send_all

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(617) 555-0142", "+16175550142"),
        ("617.555.0142", "+16175550142"),
        ("1 617 555 0142", "+16175550142"),
        ("+49 30 901820", "+4930901820"),
        ("0049 30 901820", "+4930901820"),
        ("617 555 0142 ext. 7", ""),
        ("555-0142", ""),
        ("", ""),
        ("call the office", ""),
    ],
)
def test_a_number_has_one_form(text, number):
    assert e164(text) == number


def test_without_a_wish_it_is_e_mail_and_a_text_behind_it(trio, make_job):
    offered(make_job())
    message = Message.objects.get()
    assert (message.channel, message.address) == ("email", "harold@example.com")
    assert message.next_ways == [["sms", "+16175550100"]]


def test_the_order_that_a_contractor_chose_is_kept(trio, make_job, texts):
    MessagePreference.objects.create(contractor=trio[0], urgent_ways=["sms"], other_ways=["email"])
    offered(make_job())
    assert send_all() == 1
    assert texts[0]["to"] == "+16175550100"
    assert "Water heater repair in" in texts[0]["text"]
    assert "YES " in texts[0]["text"]


def test_whoever_wants_texts_only_and_has_no_number_is_told_by_e_mail(trio, make_job):
    MessagePreference.objects.create(contractor=trio[0], urgent_ways=["sms"], other_ways=["sms"])
    Contractor.objects.filter(pk=trio[0].pk).update(phone="")
    offered(make_job())
    assert Message.objects.get().channel == "email"


def test_where_no_texts_can_be_sent_nobody_is_promised_one(trio, make_job, settings):
    settings.SMS_BACKEND = ""
    offered(make_job())
    assert Message.objects.get().next_ways == []


def test_the_recipient_is_written_to_in_their_language(trio, make_job, branch):
    Contractor.objects.filter(pk=trio[0].pk).update(language="es")
    offered(make_job())
    assert send_all() == 1
    message = Message.objects.get()
    assert message.language == "es"
    assert message.body.startswith("Hola, Harold:")


def test_the_branchs_language_is_the_default(trio, make_job, branch):
    branch.language = "es"
    branch.save()
    offered(make_job())
    assert Message.objects.get().language == "es"


def test_browsers_that_allow_it_are_notified_of_urgent_things_too(
    trio, make_job, harold_user, branch
):
    PushSubscription.objects.create(
        user=harold_user, endpoint="https://fcm.googleapis.com/x", p256dh="k", auth="a"
    )
    offered(make_job())
    assert set(Message.objects.values_list("channel", "address")) == {
        ("email", "harold@example.com"),
        ("push", f"user:{harold_user.pk}"),
    }
    facts = {"branch": branch, "subject": "Snow", "text": "Careful.", "key": "1"}
    assert write_to_contractors([trio[0]], **facts) == 1


def test_what_is_not_urgent_waits_for_contact_hours_and_goes_out_then(trio, branch, clock):
    """9:00 in Boston; Harold may be asked from 17:00 to 20:00."""
    Contractor.objects.filter(pk=trio[0].pk).update(contact_from=time(17), contact_until=time(20))
    facts = {"branch": branch, "subject": "Snow", "text": "Careful.", "key": "1"}
    write_to_contractors([trio[0]], **facts)
    assert send_all() == 0
    clock.advance(hours=7, minutes=59)
    assert send_all() == 0
    clock.advance(minutes=1)
    assert send_all() == 1
    assert Message.objects.get().status == "sent"


def test_whoever_does_not_want_to_wait_is_told_at_once(trio, branch, clock):
    Contractor.objects.filter(pk=trio[0].pk).update(contact_from=time(17), contact_until=time(20))
    MessagePreference.objects.create(
        contractor=trio[0], urgent_ways=["email"], other_ways=["email"], waits=False
    )
    write_to_contractors([trio[0]], branch=branch, subject="Snow", text="Careful.", key="1")
    assert send_all() == 1


def test_an_offer_does_not_stand_behind_letters_to_everybody(trio, branch, make_job):
    write_to_contractors(trio, branch=branch, subject="Snow", text="Careful.", key="1")
    offered(make_job())
    (first,) = claim_due_messages(limit=1)
    assert first.template == "offer_made"


def test_a_customer_gets_no_text_at_night_that_can_wait(trio, make_job, clock):
    job = make_job(customer_email="")
    wanted = [Wanted("customer", key, "", job_id=job.pk)
              for key in ("appointment_booked", "appointment_changed")]  # fmt: skip
    (booked,), (changed,) = ways_of(wanted, at=clock.now)
    assert (booked.channel, booked.not_before, changed.not_before) == ("sms", None, None)
    night = clock.advance(hours=14)  # 23:00 in Boston
    (booked,), (changed,) = ways_of(wanted, at=night)
    assert booked.not_before == night + timedelta(hours=9), "it can wait until eight"
    assert changed.not_before is None, "the hour of the visit cannot"
