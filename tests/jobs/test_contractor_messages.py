"""What contractors and applicants are told that concerns no job."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from jobs.messaging import render
from jobs.models import Message
from jobs.services.contractor_messages import (
    can_be_written_to,
    tell_of_decision,
    tell_of_invitation,
    tell_of_standing,
    write_to_contractors,
)
from jobs.services.outbox import send_due_messages
from network.models import Application, Contractor
from network.services.invitations import find_invitation, invite, resend_invitation
from tests.jobs.world import START, make_contractor


def applied(branch, state, **changes):
    ada = make_contractor(branch, "Ada", status="applicant", cleared_until=None)
    return Application.objects.create(
        contractor=ada, state=state, submitted_at=START, reviewed_at=START, **changes
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("approved", "as soon as your papers have been looked at"),
        ("sent_back", "Go on here: http"),
        ("rejected", "We cannot take you"),
    ],
)
def test_an_applicant_is_told_once_what_was_decided(branch, state, words):
    reason = "" if state == "approved" else "The licence is cut off."
    application = applied(branch, state, reason=reason)
    assert tell_of_decision(application) == 1
    assert tell_of_decision(application) == 0
    subject, body = render(Message.objects.get())
    assert words.lower() in body.lower()
    assert reason in body
    assert body.endswith("\nGreater Boston\n")
    assert "None" not in subject + body


def test_being_sent_back_twice_is_told_twice(branch):
    application = applied(branch, "sent_back", reason="First.")
    tell_of_decision(application)
    application.reviewed_at += timedelta(hours=1)
    application.reason = "Second."
    assert tell_of_decision(application) == 1


def test_the_secret_of_an_invitation_leaves_the_outbox_when_it_is_sent(branch, clock):
    invitation, secret = invite(branch_id=branch.pk, email="ada@pipe.example", name="Ada")
    tell_of_invitation(invitation, secret=secret, inviter="Nora")
    assert send_due_messages() == 1
    [sent] = mail.outbox
    assert f"/portal/join/invited/{secret}/" in sent.body
    assert "Nora invites you" in sent.body
    assert sent.to == ["ada@pipe.example"]
    kept = Message.objects.get()
    assert kept.status == "sent"
    assert secret not in kept.body + str(kept.context)
    assert "/portal/join/invited/…/" in kept.body
    assert find_invitation(token=secret).pk == invitation.pk


def test_an_invitation_sent_again_is_another_mail_with_another_link(branch, clock):
    invitation, secret = invite(branch_id=branch.pk, email="ada@pipe.example")
    tell_of_invitation(invitation, secret=secret, inviter="")
    again, other = resend_invitation(invitation_id=invitation.pk)
    assert tell_of_invitation(again, secret=other, inviter="") == 1
    send_due_messages()
    assert other in mail.outbox[1].body
    assert "Greater Boston invites you" in mail.outbox[1].body


@pytest.mark.parametrize("change", ["pause", "resume", "suspend", "reinstate", "leave"])
def test_a_change_of_standing_is_told_with_its_reason(harold, branch, change):
    tell_of_standing(
        [harold], branch=branch, change=change, reason="Agreed by phone.", key="1", until=None
    )
    subject, body = render(Message.objects.get())
    assert "Reason: Agreed by phone." in body
    assert "{" not in subject + body


def test_many_are_written_to_at_once_and_nobody_twice(trio, branch, django_assert_num_queries):
    Contractor.objects.filter(pk=trio[2].pk).update(phone="")
    trio[2].email = ""
    facts = {"branch": branch, "subject": "Snow", "text": "Drive\ncarefully.", "key": "7"}
    with django_assert_num_queries(3):  # the time, who wants what, and one statement
        assert write_to_contractors(trio, **facts) == 2
    assert write_to_contractors(trio, **facts) == 0
    subject, body = render(Message.objects.first())
    assert subject == "Snow"
    assert "\nDrive\ncarefully.\n" in body


@pytest.mark.parametrize(
    ("tell", "words"),
    [
        (
            lambda one: write_to_contractors(
                [one], branch=one.branch, subject="Snow", text="Drive\ncarefully.", key="7"
            ),
            "Greater Boston: Snow: Drive carefully.",
        ),
        (
            lambda one: tell_of_standing(
                [one], branch=one.branch, change="resume", reason="Agreed.", key="1"
            ),
            "Greater Boston has ended the pause: offers come again. Reason: Agreed.",
        ),
    ],
)
def test_whoever_is_reached_by_texts_only_reads_the_whole_of_it(harold, settings, tell, words):
    settings.SMS_BACKEND = "jobs.channels.sms.HttpBackend"
    harold.email = ""
    harold.save()
    assert can_be_written_to(harold)
    assert tell(harold) == 1
    message = Message.objects.get()
    assert (message.channel, message.address) == ("sms", "+16175550100")
    assert render(message)[1] == words


def test_whoever_has_neither_address_nor_number_cannot_be_written_to(harold):
    harold.email = harold.phone = ""
    harold.save()
    assert not can_be_written_to(harold)
    assert (
        write_to_contractors([harold], branch=harold.branch, subject="Snow", text="x", key="7") == 0
    )
