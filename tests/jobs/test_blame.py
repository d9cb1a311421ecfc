"""What counts against a contractor: not a no to an offer that came outside their contact hours."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.db import connection

from jobs.actors import Actor
from jobs.services.answers import decline_offer
from network.models import Contractor
from ranking.evidence import outcomes_behind
from ranking.models import Outcome
from ranking.services.scorecards import refresh_scorecards
from tests.jobs.world import START, make_contractor, pending_offer, run_due

pytestmark = pytest.mark.django_db

#: An emergency asks at any hour. Domain time begins at 9:00 in Boston.
EMERGENCY = {
    "priority": "emergency",
    "window_start": START + timedelta(hours=1),
    "window_end": START + timedelta(hours=5),
}


def outcome_of_a_no(make_job, branch, opens: time | None, closes: time | None) -> Outcome:
    harold = make_contractor(
        branch, "Harold", contact_from=opens, contact_until=closes, kilometres_north=0.5
    )
    job = make_job(**EMERGENCY)
    run_due()
    offer = pending_offer(job)
    decline_offer(
        offer_id=offer.pk, reason="too_busy", actor=Actor.contractor(harold), via="portal"
    )
    return Outcome.objects.get(source_ref=offer.public_id)


@pytest.mark.parametrize(
    ("opens", "closes", "due_to"),
    [
        (None, None, "contractor"),
        (time(8), time(18), "contractor"),
        (time(9), time(18), "contractor"),  # from nine on, and it is nine
        (time(10), time(18), "system"),
        (time(6), time(9), "system"),  # until nine
        (time(20), time(10), "contractor"),  # through the night until ten
        (time(20), time(6), "system"),
    ],
)
def test_a_no_counts_only_within_contact_hours(
    make_job, branch, service_type, opens, closes, due_to
) -> None:
    assert outcome_of_a_no(make_job, branch, opens, closes).due_to == due_to


def test_neither_does_silence(make_job, branch, service_type, clock) -> None:
    make_contractor(branch, "Harold", contact_from=time(10), contact_until=time(18))
    job = make_job(**EMERGENCY)
    run_due()
    offer = pending_offer(job)
    clock.set(offer.expires_at)
    run_due()
    silence = Outcome.objects.get(source_ref=offer.public_id)
    assert (silence.kind, silence.due_to) == ("expired", "system")
    refresh_scorecards(at=offer.expires_at)
    (entry,) = outcomes_behind(
        contractor_id=offer.contractor_id, family="offers", at=offer.expires_at
    )
    assert (entry.weight, entry.why) == (0.0, "due to the system")


def test_contact_hours_changed_afterwards_change_nothing(make_job, branch, service_type) -> None:
    harold = make_contractor(branch, "Harold", contact_from=time(8), contact_until=time(18))
    job = make_job(**EMERGENCY)
    run_due()
    offer = pending_offer(job)
    Contractor.objects.filter(pk=harold.pk).update(contact_from=time(10))
    decline_offer(
        offer_id=offer.pk, reason="too_busy", actor=Actor.contractor(harold), via="portal"
    )
    assert Outcome.objects.get(source_ref=offer.public_id).due_to == "contractor"


def test_without_the_trigger_a_no_at_night_would_count(make_job, branch, service_type) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER jobs_offer_out_of_hours ON jobs_offer")
    assert outcome_of_a_no(make_job, branch, time(10), time(18)).due_to == "contractor"
