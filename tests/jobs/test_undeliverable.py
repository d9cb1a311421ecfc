"""An offer that could not be delivered moves on at once and is nobody's silence."""

from __future__ import annotations

from jobs.services.undeliverable import pass_on_undeliverable
from network.models import CalendarEntry
from ranking.models import Outcome
from tests.jobs.steps import accept, events_of, offered
from tests.jobs.world import pending_offer, run_due, settle


def test_the_next_is_asked_at_once_and_nobody_is_blamed(clock, trio, make_job):
    job = make_job()
    offer = offered(job)
    assert pass_on_undeliverable(offer_id=offer.pk)
    settle()
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", "undeliverable")
    outcome = Outcome.objects.get()
    assert (outcome.kind, outcome.due_to, outcome.source_ref) == (
        "expired", "system", offer.public_id,
    )  # fmt: skip
    run_due()
    settle()
    assert pending_offer(job).contractor == trio[1]
    assert CalendarEntry.objects.count() == 1
    assert "offer_withdrawn" in events_of(job)


def test_told_twice_or_after_an_answer_changes_nothing(clock, trio, make_job):
    first, second = make_job(), make_job()
    offer = offered(first)
    assert pass_on_undeliverable(offer_id=offer.pk)
    assert not pass_on_undeliverable(offer_id=offer.pk)
    answered = offered(second)
    accept(answered)
    assert not pass_on_undeliverable(offer_id=answered.pk)
    settle()
    answered.refresh_from_db()
    assert answered.status == "accepted"


def test_after_its_time_ran_out_it_is_left_to_the_clock(clock, trio, make_job):
    offer = offered(make_job())
    clock.set(offer.expires_at)
    assert not pass_on_undeliverable(offer_id=offer.pk)
    run_due()
    offer.refresh_from_db()
    assert offer.status == "expired"
    assert Outcome.objects.get().due_to == "contractor", "it was read in time to be answered"
