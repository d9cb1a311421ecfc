"""Delivery events of providers: signed, counted once, and acted on."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from django.test import Client

from jobs.models import IdempotencyRecord, Message
from jobs.services.due import process_timeouts
from ranking.models import Outcome
from tests.jobs.steps import offered
from tests.messages.conftest import send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(trio, make_job) -> Message:
    """Harold's offer, sent by e-mail, with a number behind it."""
    offered(make_job())
    send_all()
    return Message.objects.get()


@pytest.fixture
def postmark(settings):
    settings.EMAIL_TRACKING_VIEW = "anymail.webhooks.postmark.PostmarkTrackingWebhookView"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:pass"}

    def call(message: Message, kind: str, *, password="user:pass", key=7, to=""):
        body = {
            "RecordType": kind, "ID": key, "MessageID": "pm-1", "Metadata":
            {"message": str(message.pk)}, "Recipient": to or message.address,
            "Email": to or message.address, "Type": "HardBounce", "TypeCode": 1,
            "Description": "no such user", "DeliveredAt": "2026-11-02T14:05:00Z",
            "BouncedAt": "2026-11-02T14:05:00Z",
        }  # fmt: skip
        return Client().post(
            "/hooks/email/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": "Basic " + b64encode(password.encode()).decode()},
        )

    return call


def test_nothing_is_taken_before_a_provider_is_set_up():
    for address in ("/hooks/email/", "/hooks/sms/"):
        assert Client().post(address, "{}", content_type="application/json").status_code == 404


def test_a_wrong_signature_is_refused_and_changes_nothing(sent, postmark, sms_hook):
    assert postmark(sent, "Bounce", password="user:wrong").status_code == 400
    text = {"idempotency_key": f"message-{sent.pk}", "to": sent.address}
    assert sms_hook("message.failed", text, **{"webhook-signature": "v1,AAAA"}).status_code == 400
    assert sms_hook("message.failed", text, **{"webhook-timestamp": "1"}).status_code == 400
    sent.refresh_from_db()
    assert sent.delivery == ""
    assert not IdempotencyRecord.objects.exists()


def test_a_delivery_is_noted(sent, postmark):
    assert postmark(sent, "Delivery").status_code == 200
    sent.refresh_from_db()
    assert (sent.delivery, sent.status) == ("delivered", "sent")
    assert sent.delivery_at is not None


def test_a_bounce_leads_to_the_next_way_once(sent, postmark, texts):
    for _ in range(3):
        assert postmark(sent, "Bounce").status_code == 200
    sent.refresh_from_db()
    assert sent.delivery == "bounced"
    send_all()
    assert [text["to"] for text in texts] == ["+16175550100"]
    assert Message.objects.count() == 2


def test_a_late_delivery_event_does_not_undo_a_bounce(sent, postmark):
    postmark(sent, "Bounce", key=1)
    postmark(sent, "Delivery", key=2)
    sent.refresh_from_db()
    assert sent.delivery == "bounced"


def test_when_the_last_way_fails_the_offer_moves_on(sent, postmark, sms_hook):
    postmark(sent, "Bounce")
    send_all()
    text = Message.objects.get(channel="sms")
    failed = {"id": text.provider_id, "to": text.address, "error": "no such number"}
    assert sms_hook("message.failed", failed).status_code == 204
    offer = sent.event.offer
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", "undeliverable")
    text.refresh_from_db()
    assert (text.delivery, text.delivery_note) == ("failed", "no such number")


def test_a_bounce_that_comes_after_the_deadline_takes_the_silence_back(
    clock, sent, postmark, texts
):
    """He never had the offer. Nobody sends him a closed one by the next way."""
    offer = sent.event.offer
    clock.set(offer.expires_at)
    process_timeouts()
    outcome = Outcome.objects.get(source_ref=offer.public_id)
    assert (outcome.kind, outcome.due_to) == ("expired", "contractor")
    postmark(sent, "Delivery", key=1)
    outcome.refresh_from_db()
    assert outcome.due_to == "contractor"
    postmark(sent, "Bounce", key=2)
    outcome.refresh_from_db()
    assert (outcome.due_to, outcome.folded) == ("system", False)
    send_all()
    assert Message.objects.filter(contractor=sent.contractor, template="offer_made").count() == 1
    assert not texts


def test_a_late_bounce_excuses_nobody_who_was_told_by_another_way(clock, sent, postmark, texts):
    postmark(sent, "Bounce", key=1)
    send_all()
    assert len(texts) == 1
    offer = sent.event.offer
    clock.set(offer.expires_at)
    process_timeouts()
    assert Outcome.objects.get(source_ref=offer.public_id).due_to == "contractor"
    Message.objects.filter(pk=sent.pk).update(delivery="")
    postmark(sent, "Bounce", key=2)
    assert Outcome.objects.get(source_ref=offer.public_id).due_to == "contractor"


def test_an_event_about_another_address_is_not_believed(sent, postmark):
    assert postmark(sent, "Bounce", to="somebody@example.com").status_code == 200
    sent.refresh_from_db()
    assert sent.delivery == ""


def test_a_message_that_the_provider_has_delivered_is_not_sent_again(trio, make_job, postmark):
    """The provider took it, and its answer to us was lost."""
    offered(make_job())
    message = Message.objects.get()
    postmark(message, "Delivery")
    assert send_all() == 0
    message.refresh_from_db()
    assert (message.status, message.delivery) == ("sent", "delivered")


def test_the_same_event_sent_again_changes_nothing(sent, sms_hook):
    data = {"idempotency_key": f"message-{sent.pk}", "to": sent.address}
    assert sms_hook("message.delivered", data, key="evt_1").status_code == 204
    Message.objects.filter(pk=sent.pk).update(delivery="")
    assert sms_hook("message.delivered", data, key="evt_1").status_code == 204
    sent.refresh_from_db()
    assert sent.delivery == ""
    assert IdempotencyRecord.objects.filter(key="evt_1").count() == 1


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"type": 1}', '{"type": "x", "data": 3}'])
def test_what_cannot_be_read_is_a_clear_refusal(settings, body):
    from datetime import UTC, datetime

    from standardwebhooks import Webhook

    from tests.messages.conftest import SECRET

    settings.SMS_WEBHOOK_SECRET = SECRET
    now = datetime.now(tz=UTC)
    answer = Client().post(
        "/hooks/sms/",
        body,
        content_type="application/json",
        headers={
            "webhook-id": "e",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign("e", now, body),
        },
    )
    assert answer.status_code == 400
