"""The network of the jobs tests, with people signed in to the portal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.answers import accept_offer
from network.models import Contractor, User
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import pending_offer, run_due

#: What a job's customer would not want a stranger to read, in every spelling a page could show.
SECRETS = (
    "41 Pond Lane",
    "Pond",
    "Dana",
    "Whitfield",
    "555-0142",
    "6175550142",
    "dana@example.com",
    "No hot water",
    "Ring twice",
    "42.3467",
    "71.1019",
)


@pytest.fixture
def harold_client(harold_user: User) -> Client:
    return signed_in(harold_user)


@pytest.fixture
def lisa_client(lisa_user: User) -> Client:
    return signed_in(lisa_user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def offered(harold: Contractor, lisa: Contractor, make_job: Callable[..., Job]) -> Offer:
    """An offer out to Harold, ranked before Lisa."""
    job = make_job(description="No hot water. Ring twice at Pond Lane.")
    run_due()
    offer = pending_offer(job)
    assert offer.contractor == harold
    return offer


@pytest.fixture
def booked(offered: Offer) -> Booking:
    """Harold's visit, tomorrow morning."""
    return accept_offer(
        offer_id=offered.pk, actor=Actor.contractor(offered.contractor), via="portal"
    )
