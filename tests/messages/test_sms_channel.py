"""The contract with a provider of texts, over real HTTP on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobs.channels.results import Away, NotNow, Refused
from jobs.channels.sms import HttpBackend
from jobs.models import Message
from tests.jobs.steps import offered
from tests.messages.conftest import send_all
from tests.messages.providers import TextProvider, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings) -> Iterator[TextProvider]:
    with running(TextProvider()) as server:
        settings.SMS_URL = server.url
        settings.SMS_TOKEN = "token"
        settings.SMS_SENDER = "+16175550199"
        settings.SMS_BACKEND = "jobs.channels.sms.HttpBackend"
        settings.SMS_TIMEOUT = 0.3
        yield server


def test_a_text_is_posted_as_the_contract_says(provider):
    assert HttpBackend().send(key="message-1", to="+16175550142", text="Hi") == "sms-message-1"
    body, headers = provider.asked[0]
    assert body == {
        "to": "+16175550142", "from": "+16175550199", "text": "Hi", "idempotency_key": "message-1",
    }  # fmt: skip
    assert headers["Authorization"] == "Bearer token"
    assert headers["Idempotency-Key"] == "message-1"


@pytest.mark.parametrize(
    ("status", "error"),
    [(422, Refused), (400, Refused), (410, Refused), (429, NotNow), (409, NotNow),
     (503, NotNow), (401, Away), (404, Away), (302, Away)],
)  # fmt: skip
def test_each_answer_has_one_meaning(provider, status, error):
    provider.status, provider.answer = status, {"error": "no such number"}
    with pytest.raises(error) as caught:
        HttpBackend().send(key="k", to="+16175550142", text="Hi")
    if error is Refused:
        assert str(caught.value) == "no such number"


def test_a_provider_that_is_not_there_is_away(settings):
    settings.SMS_URL, settings.SMS_TIMEOUT = "http://127.0.0.1:9/", 0.5
    with pytest.raises(Away):
        HttpBackend().send(key="k", to="+16175550142", text="Hi")


def test_a_provider_that_times_out_after_sending_sends_once(provider, trio, make_job):
    """One defined result: tried again with the same key, so the phone rings once."""
    from jobs.models import MessagePreference

    MessagePreference.objects.create(contractor=trio[0], urgent_ways=["sms"], other_ways=["sms"])
    offered(make_job())
    provider.before_answer = lambda: time.sleep(0.6)
    from jobs.services.outbox import send_due_messages

    assert send_due_messages() == 1
    message = Message.objects.get()
    assert (message.status, message.attempts) == ("pending", 1)
    assert "no answer in time" in message.error
    provider.before_answer = lambda: None
    assert send_all() == 1
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sent", 2)
    assert len(provider.asked) == 2
    assert len(provider.sent) == 1
    first, second = (body for body, _ in provider.asked)
    assert first == second, "the same words, link and code as before"
