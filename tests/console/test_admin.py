"""The admin of jobs: records to read, windows to tune, tokens shown once."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from jobs.actors import Actor
from jobs.models import ApiToken, OfferWindow
from jobs.services.answers import accept_offer
from jobs.services.tokens import find_token
from network.models import BranchStaff
from tests.console.conftest import text_of
from tests.jobs.world import make_branch, make_user, pending_offer, run_due

RECORDS = ["job", "round", "offer", "booking", "jobevent", "escalation", "message"]


@pytest.fixture
def ada(client: Client, branch_admin) -> Client:
    client.force_login(branch_admin)
    return client


@pytest.fixture
def olaf(branch) -> Client:
    """An admin of another branch."""
    user = make_user("olaf@example.com", name="Olaf", is_staff=True)
    BranchStaff.objects.create(user=user, branch=make_branch("worcester"), role="admin")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def booked(harold, make_job):
    job = make_job()
    run_due()
    accept_offer(offer_id=pending_offer(job).pk, actor=Actor.contractor(harold), via="portal")
    return job


@pytest.mark.parametrize("name", RECORDS)
def test_records_can_be_read_and_nothing_else(ada, olaf, booked, name):
    listing = reverse(f"admin:jobs_{name}_changelist")
    page = ada.get(listing)
    assert page.status_code == 200
    rows = list(page.context["cl"].result_list)
    assert ada.get(listing + "?q=BOS").status_code == 200
    assert ada.get(reverse(f"admin:jobs_{name}_add")).status_code == 403
    assert bool(rows) == (name != "escalation")
    for row in rows[:1]:
        one = reverse(f"admin:jobs_{name}_change", args=[row.pk])
        assert ada.get(one).status_code == 200
        assert ada.post(one, {}).status_code == 403
        assert ada.post(reverse(f"admin:jobs_{name}_delete", args=[row.pk])).status_code == 403
    assert list(olaf.get(listing).context["cl"].result_list) == []


def test_the_minutes_to_answer_are_tuned_by_the_branch_s_admin(ada, olaf, branch, harold, make_job):
    add = reverse("admin:jobs_offerwindow_add")
    data = {"branch": branch.pk, "priority": "standard", "minutes": "0"}
    assert "greater than or equal to 1" in text_of(ada.post(add, data))
    assert olaf.post(add, data | {"minutes": "20"}).status_code == 200  # not his branch
    assert not OfferWindow.objects.exists()
    assert ada.post(add, data | {"minutes": "20"}).status_code == 302
    job = make_job()
    run_due()
    offer = pending_offer(job)
    assert (offer.expires_at - offer.made_at).total_seconds() == 20 * 60


def test_a_token_is_shown_once_and_can_be_revoked(ada, olaf, branch):
    add = reverse("admin:jobs_apitoken_add")
    neither = ada.post(add, {"name": "x", "branch": "", "contractor": ""})
    assert "Choose either a branch or a contractor." in text_of(neither)
    page = ada.post(add, {"name": "intake", "branch": branch.pk, "contractor": ""}, follow=True)
    text = re.search(r"fct_[\w-]+", text_of(page))
    assert text is not None
    token = ApiToken.objects.get()
    assert find_token(text.group()) == token
    assert token.token_hash not in page.content.decode()
    listing = reverse("admin:jobs_apitoken_changelist")
    assert text.group() not in ada.get(listing).content.decode()
    assert ada.get(reverse("admin:jobs_apitoken_change", args=[token.pk])).status_code == 200
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    olaf.post(listing, chosen)
    assert find_token(text.group()) is not None
    ada.post(listing, chosen)
    assert find_token(text.group()) is None
