"""The messages page: every message with its words."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.actors import Actor
from jobs.models import Message
from jobs.services.answers import accept_offer
from jobs.services.outbox import send_due_messages
from tests.console.conftest import text_of, url
from tests.jobs.world import pending_offer, run_due

PAGE = "branch_messages"


@pytest.fixture
def job(harold, make_job):
    made = make_job()
    run_due()
    accept_offer(offer_id=pending_offer(made).pk, actor=Actor.contractor(harold), via="portal")
    return made


def test_a_waiting_message_is_shown_as_it_will_be_sent(nora, job):
    page = nora.get(url(PAGE))
    assert page.context["counts"]["waiting"] == 3
    assert page.context["open"]["subject"].startswith("Your appointment: Water heater repair")
    assert "every 3s" in page.content.decode()
    assert "Harold will come for Water heater repair" in text_of(page)


def test_a_sent_message_is_shown_as_it_was_sent(nora, job):
    send_due_messages()
    assert len(mail.outbox) == 3
    message = Message.objects.get(template="offer_made")
    page = nora.get(url(PAGE) + f"?message={message.pk}")
    words = text_of(page)
    assert page.context["open"]["message"] == message
    assert message.subject in words
    assert "The address and phone number appear when you accept." in words
    assert "41 Pond Lane" not in page.context["open"]["body"]
    assert "every 3s" not in page.content.decode()


def test_failed_messages_are_pointed_out(nora, job):
    Message.objects.filter(template="offer_made").update(
        status="failed", attempts=6, error="SMTPRecipientsRefused()"
    )
    page = nora.get(url(PAGE) + "?status=failed")
    words = text_of(page)
    assert "1 message did not arrive." in words
    assert "SMTPRecipientsRefused()" in words
    assert len(page.context["listed"]) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?to=customer", 1),
        ("?what=offer_made", 1),
        ("?status=pending", 3),
        ("?q=dana@", 1),
        ("?q=Harold", 2),
        ("?q=nothing-like-it", 0),
        ("?to=nonsense", 3),
        ("?message=99999999999999999999", 3),
        ("?message=x&show=x", 3),
    ],
)
def test_filters_live_in_the_address(nora, job, query, count):
    page = nora.get(url(PAGE) + query)
    assert page.status_code == 200
    assert len(page.context["listed"]) == count


def test_the_number_of_queries_is_fixed(nora, trio, make_job):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert nora.get(url(PAGE)).status_code == 200
        return len(captured)

    make_job()
    run_due()
    few = count()
    for _ in range(8):
        make_job()
    run_due()
    assert Message.objects.count() > 3
    assert count() == few


def test_messages_of_other_branches_are_not_shown(client, other_dispatcher, job):
    client.force_login(other_dispatcher)
    message = Message.objects.first()
    page = client.get(f"/console/worcester/messages/?message={message.pk}")
    assert page.status_code == 200
    assert page.context["open"] is None
