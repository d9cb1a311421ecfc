"""Why not me: jobs nearby, own figures beside bands, the failed rule with its number."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from jobs.models import Job
from network.eligibility import forget_counts
from network.models import Client as Payer
from network.models import ClientContractor, ContractorUser
from network.services.refusals import refuse_client
from network.services.territory import set_radius_territory
from ranking.services import policies
from tests.jobs.world import START, make_contractor, make_user, run_due
from tests.portal.conftest import SECRETS, signed_in
from tests.portal.test_scorecard import page, words

RIVALS = ("Harold", "Lisa", "Petra", "Sam")


def client_of(contractor):
    user = make_user(f"{contractor.name.lower()}@login.example", name=contractor.name)
    ContractorUser.objects.create(user=user, contractor=contractor)
    return signed_in(user)


@pytest.fixture
def rivals(harold, lisa, branch):
    """Four who are ranked before James."""
    return [
        harold,
        lisa,
        make_contractor(branch, "Petra", kilometres_north=2),
        make_contractor(branch, "Sam", kilometres_north=3),
    ]


@pytest.fixture
def james_client(james):
    return client_of(james)


@pytest.fixture
def ranked(rivals, james, make_job) -> Job:
    forget_counts()
    job = make_job(description="No hot water. Ring twice at Pond Lane.")
    run_due()
    return job


def test_the_list_names_the_place_and_nobody(james_client, ranked) -> None:
    html = page(james_client, "missed")
    text = words(html)
    assert "Water heater repair" in text
    assert "You were 5 of 5" in text
    assert not [name for name in (*RIVALS, *SECRETS) if name in html]


def test_own_figures_stand_beside_the_band_of_the_first(james_client, ranked, rivals) -> None:
    html = page(james_client, "missed_job", ranked.public_id)
    text = words(html)
    assert "You were 5 of 5." in text
    assert re.search(r"Travel time \d+ min first: under 5 min", text)
    assert "The first was" in text
    assert "ahead." in text
    assert not [name for name in (*RIVALS, *SECRETS) if name in html]
    for rival in rivals:
        assert str(rival.public_id) not in html
    # The first one's price is $140: no exact figure of anybody else is on the page.
    assert "$140" not in text


def test_with_few_candidates_no_band_is_shown(harold, james, make_job) -> None:
    forget_counts()
    job = make_job()
    run_due()
    text = words(page(client_of(james), "missed_job", job.public_id))
    assert "you would know who it was" in text
    assert "first:" not in text


def test_whoever_was_first_reads_why(harold_client, ranked) -> None:
    text = words(page(harold_client, "missed_job", ranked.public_id))
    assert "Why you were asked first" in text
    assert "You were first of 5." in text
    assert "best of 5" in text
    assert "Why not me?" not in words(page(harold_client, "missed")).replace("Why not me? Jobs", "")


def test_the_failed_rule_is_said_with_its_number(rivals, james, make_job) -> None:
    forget_counts()
    client = client_of(james)
    james.cleared_until = date(2026, 11, 1)
    james.save()
    job = make_job()
    run_due()
    assert "You could not be asked" in page(client, "missed")
    assert "Cleared only until 1 Nov 2026." in words(page(client, "missed_job", job.public_id))
    james.cleared_until = date(2027, 11, 1)
    james.save()
    assert "You could do it as things stand now" in page(client, "missed_job", job.public_id)


def test_a_clients_note_is_not_quoted_and_the_own_refusal_is(rivals, james, branch, make_job):
    forget_counts()
    payer = Payer.objects.create(branch=branch, slug="acme", name="Acme")
    ClientContractor.objects.create(
        client=payer, contractor=james, relation="blocked", note="Rude to the tenant"
    )
    job = make_job(client=payer)
    run_due()
    html = page(client_of(james), "missed_job", job.public_id)
    assert "This client works with other contractors." in html
    assert "Rude" not in html
    ClientContractor.objects.all().delete()
    refuse_client(contractor_id=james.pk, client_id=payer.pk)
    again = client_of(make_contractor(branch, "Nora"))
    assert again.get(reverse("portal:missed")).status_code == 200
    assert "You do not work for this client." in page(
        signed_in(ContractorUser.objects.get(contractor=james).user), "missed_job", job.public_id
    )


def test_a_rule_of_the_policy_says_the_own_number(rivals, james, branch, make_job) -> None:
    forget_counts()
    draft = policies.create_draft(
        branch_id=branch.pk,
        weights={"travel_time": 50},
        rules=[{"kind": "must", "condition": "tier_at_most", "value": 2}],
        note="Better tiers only",
        user_id=None,
    )
    policies.publish(policy_id=draft.pk, user_id=None)
    job = make_job()
    run_due()
    client = client_of(james)
    assert "A rule of the branch left you out" in page(client, "missed")
    text = words(page(client, "missed_job", job.public_id))
    assert "Left out by the policy: must tier 2 or better; you: tier 3." in text


def test_jobs_elsewhere_or_of_another_trade_are_not_there(rivals, james, branch, make_job) -> None:
    forget_counts()
    far = make_contractor(branch, "Far", kilometres_north=60, radius_km=5)
    unskilled = make_contractor(branch, "Greta")
    for technician in unskilled.technicians.all():
        technician.skills.all().delete()
    job = make_job()
    run_due()
    for contractor in (far, unskilled):
        client = client_of(contractor)
        assert "Nothing passed you by" in page(client, "missed")
        page(client, "missed_job", job.public_id, status=404)
    set_radius_territory(
        contractor_id=far.pk,
        latitude=far.base_latitude,
        longitude=far.base_longitude,
        radius_km=90,
    )


def test_old_jobs_leave_the_list(james_client, ranked, clock) -> None:
    clock.set(START + timedelta(days=15))
    assert "Nothing passed you by" in page(james_client, "missed")


def test_the_list_takes_a_fixed_number_of_queries(
    james_client, ranked, make_job, django_assert_max_num_queries
) -> None:
    for _ in range(4):
        make_job()
    run_due()
    with django_assert_max_num_queries(16):
        page(james_client, "missed")


# -- for whom one works ------------------------------------------------------------------------


def test_a_client_is_refused_and_taken_back_in_the_portal(
    harold, harold_client, branch, make_job, lisa
) -> None:
    payer = Payer.objects.create(branch=branch, slug="acme", name="Acme Homes")
    make_job(client=payer)
    run_due()
    text = words(page(harold_client, "clients"))
    assert "Acme Homes 1 offer so far" in text
    address = reverse("portal:refuse_client", args=[payer.pk])
    done = harold_client.post(address, {"note": "Pays late"}, follow=True).content.decode()
    assert "No new offers for Acme Homes." in done
    assert "Pays late" in done
    forget_counts()
    job = make_job(client=payer)
    run_due()
    assert job.rounds.get().contractor_ids == [lisa.pk]
    harold_client.post(reverse("portal:accept_client", args=[payer.pk]))
    assert "Not for these" not in page(harold_client, "clients")


def test_a_technicians_login_cannot_refuse_for_the_firm(harold, branch) -> None:
    payer = Payer.objects.create(branch=branch, slug="acme", name="Acme")
    user = make_user("helper@example.com")
    ContractorUser.objects.create(user=user, contractor=harold, technician=harold.technicians.get())
    client = signed_in(user)
    assert client.post(reverse("portal:refuse_client", args=[payer.pk])).status_code == 404
    assert not harold.refused_clients.exists()
