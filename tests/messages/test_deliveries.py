"""What did not arrive: the next way, then the next contractor; never silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from jobs.channels.results import Refused
from jobs.channels.sms import MemoryBackend
from jobs.models import Message, Offer
from jobs.services import outbox
from jobs.services.contractor_messages import write_to_contractors
from jobs.services.deliveries import move_undeliverable_offers
from jobs.services.due import process_timeouts
from jobs.services.outbox import send_due_messages
from ranking.models import Outcome
from tests.jobs.steps import offered
from tests.jobs.world import pending_offer, run_due
from tests.messages.conftest import make_due, send_all

pytestmark = pytest.mark.django_db


def send_all_waiting() -> None:
    """Everything that waits is tried once."""
    make_due()
    send_due_messages()


class NoMailbox(EmailBackend):
    def send_messages(self, messages):
        from smtplib import SMTPRecipientsRefused

        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})


class NoNumber(MemoryBackend):
    def send(self, *, key, to, text):
        raise Refused("no such number")


def test_a_refused_address_is_given_up_at_once_and_the_number_is_tried(
    trio, make_job, settings, texts
):
    settings.EMAIL_BACKEND = f"{__name__}.NoMailbox"
    offer = offered(make_job())
    assert send_due_messages() == 1
    assert send_due_messages() == 1
    letter, text = Message.objects.order_by("pk")
    assert (letter.status, letter.attempts) == ("failed", 1)
    assert (text.channel, text.status) == ("sms", "sent")
    assert texts[0]["to"] == "+16175550100"
    offer.refresh_from_db()
    assert offer.status == "pending", "he has been told"


def test_when_every_way_has_failed_the_next_contractor_is_asked_and_nobody_is_blamed(
    clock, trio, make_job, settings
):
    settings.EMAIL_BACKEND = f"{__name__}.NoMailbox"
    settings.SMS_BACKEND = f"{__name__}.NoNumber"
    job = make_job()
    first = offered(job)
    send_due_messages()
    send_due_messages()
    first.refresh_from_db()
    assert (first.status, first.reason) == ("withdrawn", "undeliverable")
    assert list(Outcome.objects.filter(source_ref=first.public_id).values_list("due_to")) == [
        ("system",)
    ]
    run_due()
    assert pending_offer(job).contractor == trio[1]
    job.refresh_from_db()
    assert clock.now < first.expires_at, "long before his time would have run out"


def test_a_worker_that_dies_before_moving_on_is_followed_by_the_clock(
    trio, make_job, settings, monkeypatch
):
    settings.EMAIL_BACKEND = f"{__name__}.NoMailbox"
    settings.SMS_BACKEND = ""
    offer = offered(make_job())
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "move_undeliverable_offers", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send_due_messages()
    offer.refresh_from_db()
    assert offer.status == "pending"
    assert move_undeliverable_offers() == 1
    assert move_undeliverable_offers() == 0
    offer.refresh_from_db()
    assert offer.reason == "undeliverable"


def test_an_offer_that_could_not_be_delivered_in_time_is_no_silence(
    clock, trio, make_job, settings
):
    """The mail server is away until the deadline: he never heard of it."""
    settings.SMS_BACKEND = ""
    settings.EMAIL_BACKEND = "tests.jobs.test_outbox.Away"
    offer = offered(make_job())
    send_due_messages()
    clock.set(offer.expires_at)
    process_timeouts()
    offer.refresh_from_db()
    assert offer.status == "expired"
    assert Outcome.objects.get(source_ref=offer.public_id).due_to == "system"


def test_what_cannot_wait_does_not_wait_for_a_server_that_is_away(
    clock, trio, make_job, settings, texts
):
    """The text goes at once, and the mail when the server is back; they say the same."""
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.jobs.test_outbox.Away"
    offer = offered(make_job())
    for _ in range(3):
        send_all_waiting()
    assert [text["to"] for text in texts] == ["+16175550100"]
    letter = Message.objects.get(channel="email")
    assert (letter.status, letter.attempts) == ("pending", 0)
    settings.EMAIL_BACKEND = working
    send_all_waiting()
    assert len(mail.outbox) == 1
    assert str(offer.job.area) in mail.outbox[0].body
    clock.set(offer.expires_at)
    process_timeouts()
    assert Outcome.objects.get(source_ref=offer.public_id).due_to == "contractor", "he was told"


def test_what_can_wait_waits_for_its_own_way(branch, trio, settings, texts):
    settings.EMAIL_BACKEND = "tests.jobs.test_outbox.Away"
    facts = {"branch": branch, "subject": "Snow", "text": "Careful.", "key": "1"}
    write_to_contractors([trio[0]], **facts)
    send_all_waiting()
    assert not texts
    assert Message.objects.count() == 1


def test_an_offer_that_a_server_puts_off_twice_goes_by_the_next_way_too(
    trio, make_job, settings, monkeypatch, texts
):
    settings.EMAIL_BACKEND = "tests.jobs.test_outbox.Picky"
    monkeypatch.setattr("tests.jobs.test_outbox.Picky.refused", "harold@example.com")
    offered(make_job())
    send_all_waiting()
    assert not texts, "once may be nothing"
    send_all_waiting()
    send_all_waiting()
    assert len(texts) == 1
    assert Message.objects.get(channel="email").status == "pending"


def test_silence_after_a_message_that_was_sent_counts(clock, trio, make_job):
    offer = offered(make_job())
    send_due_messages()
    clock.set(offer.expires_at)
    process_timeouts()
    assert Outcome.objects.get(source_ref=offer.public_id).due_to == "contractor"


def test_a_crash_between_sending_and_noting_sends_again_under_the_same_name(
    trio, make_job, monkeypatch
):
    """At least once: the mailbox sees one Message-ID and one link twice, not two messages."""
    offered(make_job())
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_note_sent", lambda messages: 1 / 0 if messages else None)
        with pytest.raises(ZeroDivisionError):
            send_due_messages()
    assert Message.objects.get().status == "pending"
    assert send_all() == 1
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.body == second.body
    assert Message.objects.get().status == "sent"


def test_a_next_way_is_written_once_however_often_the_failure_is_told(trio, make_job):
    from jobs.services.deliveries import try_next_ways

    offered(make_job())
    message = Message.objects.get()
    assert try_next_ways([message]) == 1
    assert try_next_ways([message]) == 0
    assert Message.objects.count() == 2


def test_the_look_for_undelivered_offers_is_one_quick_statement(
    trio, make_job, django_assert_num_queries
):
    offered(make_job())
    with django_assert_num_queries(1):
        assert move_undeliverable_offers() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = %s",
                       ["message_offers_not_arrived"])  # fmt: skip
        assert cursor.fetchone() == (1,)
    assert Offer.objects.get().expires_at - Offer.objects.get().made_at > timedelta(0)
