"""Every kind of message is really written somewhere, and can be read in every language."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.core import mail

from jobs.messaging import of, render
from jobs.models import Message
from tests.messages.conftest import send_all
from tests.messages.every_kind import Week, write_every_kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(clock, branch, trio, dispatcher, branch_admin, make_job) -> Week:
    week = Week(clock, branch, trio, dispatcher, branch_admin, make_job)
    write_every_kind(week)
    return week


def test_every_kind_is_written_by_somebody_and_reads_well_in_every_language(week):
    """With the contexts that the services freeze, not the invented one of the previews."""
    messages = list(Message.objects.all())
    written = {message.template for message in messages}
    missing = set(Message.Template.values) - written - {"words_broken"}
    assert not missing, f"{missing}: write them in tests/messages/every_kind.py"
    said: dict[str, set[str]] = defaultdict(set)
    free = {"from_the_office"}  # what staff typed, in their own language
    for message in messages:
        for language in of(message.template).texts:
            for channel in ("email", "sms"):
                message.language, message.channel = language, channel
                subject, body = render(message)
                assert subject.strip()
                assert body.strip()
                assert "\n" not in subject
                for wrong in ("None", "{", "}", "  "):
                    assert wrong not in (subject + body).replace("\n", ""), message.template
                said[f"{message.template} {channel}"].add(body)
    for kind, bodies in said.items():
        template = kind.split()[0]
        assert template in free or len(bodies) >= len(of(template).texts), (
            f"{kind} says the same in two languages"
        )


def test_each_is_sent_once_and_what_broke_is_told(week):
    send_all()
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    assert Message.objects.filter(template="words_broken").exists()
    keys = [one.extra_headers["Message-ID"] for one in mail.outbox]
    assert len(keys) == len(set(keys)) == Message.objects.filter(channel="email").count()
