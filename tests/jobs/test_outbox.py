"""The outbox: sent at least once, claimed by one sender at a time, nothing lost."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from rq.timeouts import JobTimeoutException

from jobs.messaging import render
from jobs.models import Message
from jobs.services import outbox
from jobs.services.jobs import cancel_job
from jobs.services.outbox import claim_due_messages, send_due_messages
from jobs.services.visits import set_eta
from network.models import Branch, Contractor
from tests.jobs.steps import SYSTEM, booked, offered
from tests.jobs.world import run_due


class Away(EmailBackend):
    """A mail server that refuses connections."""

    def open(self) -> bool:
        raise ConnectionRefusedError("no mail server")


class Picky(EmailBackend):
    """Refuses one address, takes the others."""

    refused = ""

    def send_messages(self, messages):
        if self.refused in messages[0].to:
            raise OSError("mailbox unavailable")
        return super().send_messages(messages)


def make_due() -> None:
    """Let every waiting message be tried again now (delivery runs on wall time)."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_message SET next_attempt_at = clock_timestamp()")


def pause_of(message: Message) -> float:
    """Seconds until the next try."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM next_attempt_at - clock_timestamp()) FROM jobs_message"
            " WHERE id = %s",
            [message.pk],
        )
        return float(cursor.fetchone()[0])


def test_what_is_due_is_sent_once_and_kept_as_it_was_sent(clock, trio, make_job):
    booked(make_job())
    assert send_due_messages() == 3
    assert send_due_messages() == 0
    assert sorted(m.to[0] for m in mail.outbox) == [
        "dana@example.com", "harold@example.com", "harold@example.com",
    ]  # fmt: skip
    for message in Message.objects.all():
        assert (message.status, message.attempts, message.error) == ("sent", 1, "")
        (told,) = [
            m for m in mail.outbox if m.extra_headers["X-Firstcall-Message"] == str(message.pk)
        ]
        assert message.subject == told.subject
        # The words as they were sent, but for the secret of an offer's link.
        assert message.body == re.sub(r"(/portal/o/|/c/)[^/]+/", r"\1…/", told.body)
        assert "secret" not in message.context


def test_a_message_is_a_row_of_its_transaction(trio, make_job):
    """Rolled back with what it tells of."""
    with transaction.atomic():
        offered(make_job())
        assert Message.objects.count() == 1
        transaction.set_rollback(True)
    assert send_due_messages() == 0


def test_a_refused_message_is_tried_again_later_and_stops_no_other(
    clock, trio, make_job, settings, monkeypatch
):
    settings.EMAIL_BACKEND = f"{__name__}.Picky"
    monkeypatch.setattr(Picky, "refused", "dana@example.com")
    booked(make_job())
    assert send_due_messages() == 3
    assert len(mail.outbox) == 2
    message = Message.objects.get(recipient_kind="customer")
    assert (message.status, message.attempts) == ("pending", 1)
    assert "mailbox unavailable" in message.error
    assert 25 < pause_of(message) <= 30
    assert send_due_messages() == 0
    for attempt in range(2, outbox.TRIES + 1):
        make_due()
        assert send_due_messages() == 1
        message.refresh_from_db()
        assert message.attempts == attempt
    assert message.status == "failed"
    # Then the next way: her number.
    make_due()
    assert send_due_messages() == 1
    text = Message.objects.get(recipient_kind="customer", channel="sms")
    assert (text.status, text.address) == ("sent", "+16175550142")
    make_due()
    assert send_due_messages() == 0


def test_each_pause_is_twice_the_one_before(clock, trio, make_job, settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Picky"
    monkeypatch.setattr(Picky, "refused", "harold@example.com")
    offered(make_job())
    message = Message.objects.get()
    for expected in (30, 60, 120):
        make_due()
        send_due_messages()
        assert expected - 5 < pause_of(message) <= expected


def test_a_mail_server_that_is_away_for_long_loses_nothing(clock, trio, make_job, settings):
    working, settings.SMS_BACKEND = settings.EMAIL_BACKEND, ""
    booked(make_job())
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    for _ in range(outbox.TRIES * 2):
        make_due()
        assert send_due_messages() == 3
    for message in Message.objects.all():
        assert (message.status, message.attempts) == ("pending", 0)
        assert "no mail server" in message.error
        assert 25 < pause_of(message) <= 30
    settings.EMAIL_BACKEND = working
    make_due()
    send_due_messages()
    assert len(mail.outbox) == 3


def test_a_sender_that_died_after_claiming_is_followed_by_another(clock, trio, make_job):
    offered(make_job())
    assert len(claim_due_messages()) == 1
    assert send_due_messages() == 0, "the claim holds for the pause"
    make_due()
    assert send_due_messages() == 1
    assert len(mail.outbox) == 1


def test_a_sender_stopped_for_taking_too_long_notes_what_it_sent(
    clock, trio, make_job, settings, monkeypatch
):
    """RQ's timeout is an ordinary exception; swallowed, the task would never end."""
    booked(make_job())
    sent = []
    original = EmailBackend.send_messages

    def slow(self, messages):
        if len(sent) == 2:
            raise JobTimeoutException("too long")
        sent.append(messages)
        return original(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", slow)
    with pytest.raises(JobTimeoutException):
        send_due_messages()
    assert Message.objects.filter(status="sent").count() == 2
    assert Message.objects.filter(status="pending").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_senders_never_claim_the_same_message(clock, branch, trio, make_job):
    for _ in range(3):
        offered(make_job())
    claimed: dict[str, list[int]] = {}
    second_is_done = threading.Event()
    first_has_claimed = threading.Event()

    def first() -> None:
        try:
            with transaction.atomic():
                claimed["first"] = [m.pk for m in claim_due_messages(limit=2)]
                first_has_claimed.set()
                second_is_done.wait(10)
        finally:
            connection.close()

    def second() -> None:
        try:
            first_has_claimed.wait(10)
            claimed["second"] = [m.pk for m in claim_due_messages(limit=200)]
        finally:
            second_is_done.set()
            connection.close()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(claimed["first"]) == 2
    assert len(claimed["second"]) == 1
    assert not set(claimed["first"]) & set(claimed["second"])


def test_who_has_no_address_gets_no_message_and_stops_nothing(clock, trio, make_job):
    Contractor.objects.filter(pk=trio[0].pk).update(email="", phone="")
    job = make_job(customer_email="", customer_phone="")
    booked(job)
    assert not Message.objects.exists()
    cancel_job(job_id=job.pk, by="dispatcher", reason="duplicate", actor=SYSTEM)
    assert not Message.objects.exists()


def test_every_template_can_be_rendered_in_plain_words(clock, trio, make_job):
    first, second = make_job(), make_job()
    booking = booked(first)
    set_eta(booking_id=booking.pk, eta=first.window_start + timedelta(minutes=30), actor=SYSTEM)
    run_due()
    Branch.objects.update(phone="(617) 555-0177")
    for job in (first, second):
        cancel_job(job_id=job.pk, by="customer", reason="no_longer_needed", actor=SYSTEM)
    texts = {m.template: render(m) for m in Message.objects.all()}
    # Those that concern no job are in test_paper_warnings and test_contractor_messages.
    assert set(texts) == set(Message.Template.values[:7])
    for subject, body in texts.values():
        assert "\n" not in subject
        assert "None" not in subject + body
        assert "\nGreater Boston\n" in body
    # A letter ends with whom to call, as the branch had it when the thing happened.
    assert texts["appointment_cancelled"][1].endswith("\nGreater Boston\n(617) 555-0177\n")
    assert texts["appointment_changed"][1].endswith("\nGreater Boston\n")
    assert texts["appointment_changed"][0] == "Your appointment: expected Tue 3 Nov, 8:30 am EST"
    assert "will not take place: no longer needed." in texts["visit_cancelled"][1]


def test_a_line_break_in_a_name_does_not_break_the_subject(clock, trio, make_job, service_type):
    service_type.name = "Boiler\nBcc: everybody@example.com"
    service_type.save()
    offered(make_job())
    assert send_due_messages() == 1
    assert Message.objects.get().status == "sent"
    assert mail.outbox[0].recipients() == ["harold@example.com"]
