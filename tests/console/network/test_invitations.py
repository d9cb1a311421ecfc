"""Invitations: many at once, how each stands, sent again, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.services.outbox import send_due_messages
from network.errors import NetworkError
from network.models import Invitation
from network.services.invitations import (
    LIVES_FOR,
    find_invitation,
    invite,
    open_invitation,
    revoke_invitation,
    use_invitation,
)
from tests.console.conftest import text_of, url
from tests.jobs.world import START, make_branch, make_contractor


def secret_of(sent) -> str:
    """The secret in the link of a mail."""
    return sent.body.split("/portal/join/invited/")[1].split("/")[0]


def paste(client, text):
    return client.post(url("invitations"), {"addresses": text})


def test_usable_lines_are_invited_and_the_others_stay_to_be_mended(nora, harold):
    response = paste(
        nora,
        "Ada Pipe <ada@pipe.example>\nno address here\nharold@example.com\nbo@build.example",
    )
    assert response.status_code == 422
    words = text_of(response)
    assert "2 invitations on the way. ada@pipe.example, bo@build.example" in words
    assert "Line 2, “no address here”: there is no e-mail address in it" in words
    assert "Line 3, “harold@example.com”: harold@example.com is Harold’s address" in words
    assert response.context["form"].initial["addresses"] == "no address here\nharold@example.com"
    assert {(one.email, one.name) for one in Invitation.objects.all()} == {
        ("ada@pipe.example", "Ada Pipe"),
        ("bo@build.example", ""),
    }
    send_due_messages()
    assert sorted(sent.to[0] for sent in mail.outbox) == ["ada@pipe.example", "bo@build.example"]
    assert all("Nora invites you" in sent.body for sent in mail.outbox)
    assert find_invitation(token=secret_of(mail.outbox[0])).branch.slug == "boston"


def test_all_of_them_usable_is_a_page_without_complaint(nora):
    response = paste(nora, "ada@pipe.example\nbo@build.example\nada@pipe.example")
    assert response.status_code == 200
    assert response.context["outcome"]["bad"] == []
    assert Invitation.objects.count() == 2


def test_whoever_was_invited_already_is_named_and_gets_no_second_mail(nora):
    paste(nora, "ada@pipe.example")
    response = paste(nora, "ADA@pipe.example")
    assert "was invited already. Send that invitation again." in text_of(response)
    assert Invitation.objects.count() == 1
    assert send_due_messages() == 1


def test_nothing_pasted_is_said_at_the_field(nora):
    response = paste(nora, "  \n")
    assert response.status_code == 422
    assert "Paste at least one address." in text_of(response)


def stand(branch, harold):
    """One invitation in each state."""
    for name in ("sent", "opened", "registered", "expired", "revoked"):
        invitation, secret = invite(branch_id=branch.pk, email=f"{name}@pipe.example")
        if name == "opened":
            open_invitation(token=secret)
        elif name == "registered":
            use_invitation(token=secret, contractor_id=harold.pk)
        elif name == "expired":
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=START)
        elif name == "revoked":
            revoke_invitation(invitation_id=invitation.pk)


@pytest.mark.parametrize("state", ["sent", "opened", "registered", "expired", "revoked"])
def test_each_state_is_shown_counted_and_filtered(nora, branch, harold, state):
    stand(branch, harold)
    response = nora.get(url("invitations") + f"?state={state}")
    [row] = response.context["listed"]
    assert row["invitation"].email == f"{state}@pipe.example"
    assert row["invitation"].state(at=START) == state
    assert row["may_resend"] == row["may_revoke"] == (state in ("sent", "opened", "expired"))
    counts = {key: count for key, _, count in response.context["views"]}
    assert counts == {"": 5, "sent": 1, "opened": 1, "registered": 1, "expired": 1, "revoked": 1}


def test_an_unknown_state_shows_all(nora, branch, harold):
    stand(branch, harold)
    response = nora.get(url("invitations") + "?state=lost")
    assert len(response.context["listed"]) == 5
    assert response.context["state"] == ""


def test_an_invitation_expires_after_thirty_days_by_itself(nora, branch, clock):
    invite(branch_id=branch.pk, email="ada@pipe.example")
    clock.set(START + LIVES_FOR - timedelta(seconds=1))
    assert nora.get(url("invitations")).context["listed"][0]["state"].text == "Sent"
    clock.set(START + LIVES_FOR)
    assert nora.get(url("invitations")).context["listed"][0]["state"].text == "Expired"


def test_sending_again_makes_a_new_link_for_thirty_days_more(nora, branch, clock):
    invitation, old = invite(branch_id=branch.pk, email="ada@pipe.example", name="Ada")
    clock.set(START + timedelta(days=40))
    response = nora.post(url("resend_invitation", invitation=invitation.public_id))
    assert response.status_code == 302
    words = text_of(nora.get(response["Location"]))
    assert "ada@pipe.example was invited again; the old link works no more." in words
    assert "2 times" in words
    send_due_messages()
    secret = secret_of(mail.outbox[-1])
    assert find_invitation(token=secret).expires_at == START + timedelta(days=70)
    with pytest.raises(NetworkError):
        find_invitation(token=old)


def test_a_revoked_link_works_no_more_and_says_so(nora, branch):
    invitation, secret = invite(branch_id=branch.pk, email="ada@pipe.example")
    nora.post(url("revoke_invitation", invitation=invitation.public_id))
    with pytest.raises(NetworkError, match="taken back"):
        find_invitation(token=secret)
    again = nora.post(url("resend_invitation", invitation=invitation.public_id))
    assert "This invitation is revoked" in text_of(nora.get(again["Location"]))
    assert paste(nora, "ada@pipe.example").status_code == 200  # a new one may be made


def test_whoever_has_registered_leads_to_the_page_and_cannot_be_revoked(nora, branch, harold):
    invitation, secret = invite(branch_id=branch.pk, email="ada@pipe.example")
    use_invitation(token=secret, contractor_id=harold.pk)
    page = nora.get(url("invitations"))
    assert url("contractor", contractor=harold.public_id) in page.content.decode()
    refused = nora.post(url("revoke_invitation", invitation=invitation.public_id))
    assert "has registered with it already" in text_of(nora.get(refused["Location"]))


def test_a_get_sends_and_revokes_nothing(nora, branch):
    invitation, _ = invite(branch_id=branch.pk, email="ada@pipe.example")
    for name in ("resend_invitation", "revoke_invitation"):
        assert nora.get(url(name, invitation=invitation.public_id)).status_code == 405
    invitation.refresh_from_db()
    assert invitation.state(at=START) == "sent"


def test_another_branchs_invitations_are_not_there(nora, branch):
    other = make_branch("worcester")
    make_contractor(other, "Olga")
    invitation, _ = invite(branch_id=other.pk, email="ada@pipe.example")
    assert nora.get(url("invitations")).context["listed"] == []
    for name in ("resend_invitation", "revoke_invitation"):
        assert nora.post(url(name, invitation=invitation.public_id)).status_code == 404
    # What another branch does stands in nobody's way here.
    assert paste(nora, "ada@pipe.example\nolga@example.com").status_code == 200


def test_pages_are_bounded_and_the_number_of_queries_does_not_grow(nora, branch):
    def count(query=""):
        with CaptureQueriesContext(connection) as captured:
            nora.get(url("invitations") + query)
        return len(captured)

    for number in range(2):
        invite(branch_id=branch.pk, email=f"a{number}@pipe.example")
    count()
    few = count()
    for number in range(2, 53):
        invite(branch_id=branch.pk, email=f"a{number}@pipe.example")
    assert count() == few <= 14
    assert len(nora.get(url("invitations") + "?page=2").context["listed"]) == 3
    assert len(nora.get(url("invitations") + "?page=x").context["listed"]) == 50
