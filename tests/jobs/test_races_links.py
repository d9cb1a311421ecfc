"""Making an offer's links beside somebody who answers it: no deadlock."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from jobs.models import Message, Offer, OfferLink
from jobs.services import offer_links
from network.models import Contractor
from tests.jobs.racing import execute, racers, shared_clock, wait_for_waiting  # noqa: F401
from tests.jobs.world import pending_offer, run_due

pytestmark = pytest.mark.slow

CLAIM = (
    "from jobs.services.outbox import claim_due_messages;"
    " return [m.template for m in claim_due_messages()]"
)
UNORDERED = "from jobs.services import offer_links; offer_links._lock_jobs = lambda m: None; "


@pytest.fixture
def offer(
    transactional_db: None,
    shared_clock: Any,  # noqa: F811
    clock: Any,
    trio: list[Contractor],
    make_job: Any,
) -> Offer:
    job = make_job()
    run_due()
    Message.objects.exclude(template="offer_made").delete()
    return pending_offer(job)


def is_free(offer: Offer) -> bool:
    """Whether nobody else holds any lock on the offer."""
    return Offer.objects.select_for_update(skip_locked=True).filter(pk=offer.pk).exists()


@pytest.mark.parametrize("ordered", [True, False])
def test_links_wait_for_the_job_before_they_hold_its_offer(
    offer: Offer, process_environment: dict[str, str], ordered: bool
) -> None:
    with racers(process_environment, CLAIM if ordered else UNORDERED + CLAIM) as running:
        with transaction.atomic():
            # Somebody answers: the job first, then its offer.
            execute("SELECT 1 FROM jobs_job WHERE id = %s FOR UPDATE", offer.job_id)
            running.go(0)
            wait_for_waiting(1)
            assert is_free(offer) is ordered, "without the order they would wait for each other"
        assert running.result(0) == ("done", ["offer_made"])
    assert OfferLink.objects.filter(offer=offer).count() == 1
    assert offer_links.code_of(offer.public_id).isdigit()
