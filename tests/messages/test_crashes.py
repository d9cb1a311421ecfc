"""A worker killed at the worst moment, a server that takes a mail and does not say so, the same
event delivered twice at once: one message and one effect, by real processes and real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.core import mail
from django.db import connection

from jobs.models import Booking, IdempotencyRecord, Message, MessagePreference
from jobs.services.offer_links import code_of
from network.models import Contractor
from tests.jobs.racing import ROOT
from tests.jobs.steps import offered
from tests.jobs.world import START
from tests.messages.conftest import send_all
from tests.messages.providers import MailServer, TextProvider, running

SENDER = """
import django
django.setup()
from jobs.services.outbox import send_due_messages
send_due_messages()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_noting_sends_the_same_once_more(
    clock, trio, make_job, process_environment, settings
):
    """The provider took the text; the worker is killed before it hears so. Nothing is lost, and
    the provider, who knows the key, sends one text."""
    MessagePreference.objects.create(contractor=trio[0], urgent_ways=["sms"], other_ways=["sms"])
    clock.everywhere(START)
    offer = offered(make_job())
    with running(TextProvider()) as provider:
        worker = subprocess.Popen(
            [sys.executable, "-c", SENDER],
            cwd=ROOT,
            env={**process_environment, "SMS_URL": provider.url, "DEMO": "1"},
        )
        provider.before_answer = lambda: os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(60) == -signal.SIGKILL
        message = Message.objects.get()
        assert (message.status, message.attempts, message.body) == ("pending", 1, "")
        provider.before_answer = lambda: None
        settings.SMS_BACKEND, settings.SMS_URL = "jobs.channels.sms.HttpBackend", provider.url
        assert send_all() == 1
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sent", 2)
    assert len(provider.asked) == 2
    assert len(provider.sent) == 1
    first, second = (body for body, _ in provider.asked)
    assert first == second, "the same words, link and code"
    assert code_of(offer.public_id) in first["text"]
    offer.refresh_from_db()
    assert offer.status == "pending", "the crash is no failure of his"


@pytest.mark.django_db
def test_a_mail_server_that_takes_a_mail_and_does_not_say_so_gets_it_under_the_same_name(
    trio, make_job, settings
):
    """A mailbox shows the two as one: they have one Message-ID and the same words."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 0.5
    offered(make_job())
    with running(MailServer()) as server:
        settings.EMAIL_PORT = server.port
        server.slow = 1.0
        send_all_once()
        message = Message.objects.get()
        assert (message.status, message.attempts) == ("pending", 1)
        server.slow = 0.0
        assert send_all() == 1
    message.refresh_from_db()
    assert message.status == "sent"
    first, second = server.taken
    assert first["Message-ID"] == second["Message-ID"] == f"<message-{message.pk}@testserver>"
    assert first.get_payload() == second.get_payload()
    assert mail.outbox == []


def send_all_once() -> None:
    from jobs.services.outbox import send_due_messages

    assert send_due_messages() == 1


@pytest.mark.django_db(transaction=True)
def test_a_text_that_the_provider_delivers_twice_at_once_is_one_answer(
    clock, trio, make_job, sms_hook
):
    """Two deliveries of one event, at the same moment, in transactions of their own."""
    clock.everywhere(START)
    Contractor.objects.filter(pk=trio[0].pk).update(phone="617 555 0177")
    offer = offered(make_job())
    data = {"from": "+16175550177", "text": f"YES {code_of(offer.public_id)}"}
    answers: list[int] = []
    start = threading.Barrier(2)

    def deliver() -> None:
        try:
            start.wait(10)
            answers.append(sms_hook("message.received", data, key="evt_twin").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [204, 204]
    assert Booking.objects.count() == 1
    assert Message.objects.filter(template="text_reply").count() == 1
    assert IdempotencyRecord.objects.filter(key="evt_twin").count() == 1
