"""Whose pages they are, choosing between firms, and the stream of changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import AsyncClient, Client
from django.urls import reverse
from redis import Redis

from jobs.models import Job, Offer
from jobs.notices import contractor_channel
from network.models import Contractor, ContractorUser, User
from portal.access import acting_of
from portal.views.stream import has_changed
from tests.jobs.world import make_branch, make_contractor, make_service_type, make_user, run_due
from tests.portal.conftest import signed_in
from tests.portal.test_offers import page


@pytest.fixture
def both(harold: Contractor, lisa: Contractor) -> Client:
    """Somebody who acts for Harold and for Lisa."""
    user = make_user("office@example.com", name="Olive")
    for contractor in (lisa, harold):
        ContractorUser.objects.create(user=user, contractor=contractor)
    return signed_in(user)


def test_several_firms_are_chosen_between_and_kept(
    both: Client, harold: Contractor, lisa: Contractor, offered: Offer
) -> None:
    address = reverse("portal:offer", args=[offered.public_id])
    answer = both.get(address)
    assert answer.status_code == 302
    chooser = answer.headers["Location"]
    html = both.get(chooser).content.decode()
    assert html.index("Harold") < html.index("Lisa")
    answer = both.post(chooser, {"contractor": str(lisa.public_id), "next": address})
    assert answer.headers["Location"] == address
    assert both.get(address).status_code == 404  # an offer of Harold's
    both.post(chooser, {"contractor": str(harold.public_id), "next": address})
    assert both.get(address).status_code == 200
    assert "Another firm" in page(both, "you")


def test_a_foreign_firm_cannot_be_chosen(both: Client, james: Contractor) -> None:
    answer = both.post(reverse("portal:choose"), {"contractor": str(james.public_id)})
    assert answer.status_code == 200
    assert both.get(reverse("portal:today")).status_code == 302


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "x:y"])
def test_the_way_back_leads_nowhere_else(both: Client, lisa: Contractor, back: str) -> None:
    answer = both.post(reverse("portal:choose"), {"contractor": str(lisa.public_id), "next": back})
    assert answer.headers["Location"] == reverse("portal:today")


def test_without_a_contractor_the_portal_is_closed(dispatcher: User, branch_admin: User) -> None:
    for user in (dispatcher, branch_admin):
        for name in ("today", "offers", "visits", "calendar", "time_off", "you", "choose"):
            assert signed_in(user).get(reverse(f"portal:{name}")).status_code == 403, name
        assert signed_in(user).get(reverse("portal:stream")).status_code == 403


def test_strangers_are_sent_to_sign_in_and_back(offered: Offer) -> None:
    address = reverse("portal:offer", args=[offered.public_id])
    answer = Client().get(address)
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={address}"
    assert Client().get(reverse("portal:stream")).status_code == 403


def test_no_page_is_kept_by_the_browser(harold_client: Client) -> None:
    answer = harold_client.get(reverse("portal:today"))
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_the_branch_has_on_record_can_be_read(
    harold: Contractor, harold_client: Client
) -> None:
    html = page(harold_client, "you")
    for words in ("$40", "$80", "31 December 2027", "Plumbing", "level 3 of 3", "Every day"):
        assert words in html


def test_under_wsgi_the_stream_is_declined_and_pages_poll(harold_client: Client) -> None:
    assert harold_client.get(reverse("portal:stream")).status_code == 204
    assert harold_client.post(reverse("portal:stream")).status_code == 405


def test_a_change_between_page_and_stream_is_noticed(
    harold_user: User, offered: Offer, clock: Any, make_job: Callable[..., Job]
) -> None:
    acting = acting_of(harold_user, None)
    assert acting is not None
    assert has_changed(acting, since=offered.made_at - timedelta(seconds=1))
    assert not has_changed(acting, since=offered.made_at)
    clock.set(offered.expires_at + timedelta(seconds=1))
    run_due()
    assert has_changed(acting, since=offered.expires_at)


@pytest.mark.django_db(transaction=True)
def test_the_stream_carries_the_contractors_notices(client: Client) -> None:
    branch = make_branch()
    make_service_type(branch)
    harold = make_contractor(branch, "Harold")
    user = make_user("harold@example.com", name="Harold")
    ContractorUser.objects.create(user=user, contractor=harold)
    client.force_login(user)

    async def listen() -> bytes:
        browser = AsyncClient()
        browser.cookies = client.cookies
        answer = await browser.get(reverse("portal:stream"))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        chunks = aiter(answer.streaming_content)  # type: ignore[attr-defined]
        await asyncio.wait_for(chunks.__anext__(), 5)
        Redis.from_url(settings.REDIS_URL).publish(
            contractor_channel(harold.pk), json.dumps({"contractor": harold.pk})
        )
        heard = b""
        while b"data:" not in heard:  # comments keep the stream alive
            heard = await asyncio.wait_for(chunks.__anext__(), 5)
        await chunks.aclose()
        return heard

    assert str(harold.pk).encode() in asyncio.run(listen())
