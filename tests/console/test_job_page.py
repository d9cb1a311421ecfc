"""The job's page: promise, cascade, ranking, reasons, timeline."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.actors import Actor
from jobs.console import timeline
from jobs.console.story import tell
from jobs.models import Job, JobEvent
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.dispatch import offer_next
from jobs.services.visits import arrive, complete_visit, release_visit, start_travel
from ranking.models import Decision
from ranking.services import policies
from tests.console.conftest import text_of, url
from tests.jobs.world import add_technician, make_contractor, pending_offer, run_due

PART = {"HX-Request": "true", "HX-Target": "job-live"}


@pytest.fixture
def told_job(clock, trio, make_job) -> Job:
    """Harold silent, Lisa declined, James accepted."""
    _, lisa, james = trio
    job = make_job()
    run_due()
    clock.set(pending_offer(job).expires_at)
    run_due()
    clock.advance(minutes=3, seconds=22)
    decline_offer(
        offer_id=pending_offer(job).pk,
        reason="too_far",
        note="Finishing in Quincy",
        actor=Actor.contractor(lisa),
        via="portal",
    )
    run_due()
    clock.advance(minutes=2, seconds=45)
    accept_offer(offer_id=pending_offer(job).pk, actor=Actor.contractor(james), via="portal")
    job.refresh_from_db()
    return job


def test_the_cascade_is_told_in_sentences(nora, told_job):
    words = text_of(nora.get(url("job", job=told_job)))
    assert "How it found James" in words
    assert "Harold gave no answer" in words
    assert "The 1 h to answer ran out." in words
    assert "Lisa declined: too far “Finishing in Quincy”" in words
    assert "answered in 3:22" in words
    assert "James accepted" in words
    assert "answered in 2:45" in words
    assert "Round 1 · 3 of 3 asked" in words


def test_the_promise_says_how_it_stands(nora, clock, told_job):
    page = url("job", job=told_job)
    words = text_of(nora.get(page))
    assert "Tomorrow, Tue 3 Nov, 08:00–12:00 EST" in words
    assert "On course" in words
    booking = told_job.bookings.get(live=True)
    clock.set(booking.starts_at + timedelta(minutes=5))
    assert "James was due at" in text_of(nora.get(page))
    clock.set(told_job.window_end + timedelta(minutes=12))
    assert "In danger" in text_of(nora.get(page))
    start_travel(booking_id=booking.pk, actor=Actor.system())
    arrive(booking_id=booking.pk, actor=Actor.system())
    assert "Late by 12 min" in text_of(nora.get(page))
    complete_visit(booking_id=booking.pk, result="fixed", actor=Actor.system())
    words = text_of(nora.get(page))
    assert "James arrived at 12:12. Fixed." in words
    assert "This job is closed" in words


def test_the_ranking_gives_one_sentence_for_every_part(nora, told_job):
    page = nora.get(url("job", job=told_job))
    ranking = page.context["ranking"]
    assert [row.name for row in ranking.first] == ["Harold", "Lisa", "James"]
    words = text_of(page)
    for row in ranking.first:
        assert len(row.candidate.parts) >= 8
        for part in row.candidate.parts:
            assert part.label in words
            assert part.sentence in words


def test_the_left_out_are_named_with_figures_on_demand(nora, branch, told_job):
    make_contractor(branch, "Faraway", kilometres_north=60, radius_km=5)
    make_contractor(branch, "Novice", level=1)
    make_contractor(branch, "Lapsed", cleared_until=None)
    with_list = text_of(nora.get(url("not_eligible", job=told_job), headers={"HX-Request": "true"}))
    assert "Outside their territory 1 Faraway outside territory by" in with_list
    assert "Novice Plumbing: skill level 1 of 2" in with_list
    assert "Lapsed not cleared for work" in with_list
    alone = text_of(nora.get(url("not_eligible", job=told_job)))
    assert f"Who cannot do {told_job.reference}, and why" in alone


def test_whom_a_rule_of_the_policy_left_out_is_named_with_the_number(nora, branch, trio, make_job):
    live = policies.ensure_policy(branch_id=branch.pk)
    near = {"kind": "must", "condition": "travel_at_most", "value": 20}
    draft = policies.create_draft(
        branch_id=branch.pk, weights=live.weights, rules=[near], note="Near only", user_id=None
    )
    policies.publish(policy_id=draft.pk, user_id=None)
    job = make_job()
    run_due()
    said = text_of(nora.get(url("not_eligible", job=job), headers={"HX-Request": "true"}))
    assert (
        "Left out by a rule of the policy 1 James must at most 20 minutes away; 24 min then" in said
    )
    assert "when round 1 was ranked" in said


def test_the_ranking_says_which_policy_made_it_and_admins_get_there(
    nora, client, branch_admin, told_job
):
    here = url("job", job=told_job)
    assert "policy revision 1, for every job" in text_of(nora.get(here))
    policy = Decision.objects.get(job_ref=told_job.public_id).policy
    weights = reverse("admin:ranking_rankingpolicy_change", args=[policy.pk])
    assert weights not in nora.get(here).content.decode()
    client.force_login(branch_admin)
    assert weights in client.get(here).content.decode()


def test_every_candidate_but_the_first_reads_what_would_make_it_first(nora, told_job):
    page = nora.get(url("job", job=told_job))
    first, *others = page.context["ranking"].first
    assert first.to_be_first is None
    words = text_of(page)
    assert "To be first Nothing would have to change." in words
    for row in others:
        assert row.to_be_first.sentence in words
    assert sum(one.points for one in first.candidate.groups) == pytest.approx(first.candidate.score)
    assert [one.label for one in page.context["ranking"].groups][:3] == [
        "Quality",
        "Travel",
        "Price",
    ]


def test_a_second_round_is_told_above_the_first(nora, told_job, trio):
    booking = told_job.bookings.get(live=True)
    release_visit(
        booking_id=booking.pk, reason="vehicle", note="Clutch", actor=Actor.contractor(trio[2])
    )
    run_due()
    page = nora.get(url("job", job=told_job))
    words = text_of(page)
    assert "Round 2 · the contractor gave the visit back" in words
    assert "James gave the visit back: vehicle trouble “Clutch”" in words
    assert words.index("Round 2 ·") < words.index("Round 1 ·")
    assert page.context["ranking"].decision.round_number == 2
    first = nora.get(url("job", job=told_job) + "?round=1")
    assert first.context["ranking"].decision.round_number == 1


def test_the_number_of_queries_is_fixed(nora, told_job, trio):
    def count(**headers) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert nora.get(url("job", job=told_job), headers=headers).status_code == 200
        return len(captured)

    before = count()
    for _ in range(2):
        booking = told_job.bookings.get(live=True)
        release_visit(booking_id=booking.pk, reason="sick", actor=Actor.contractor(trio[0]))
        run_due()
        accept_offer(offer_id=pending_offer(told_job).pk, actor=Actor.system(), via="api")
    assert count() == before
    assert count(**PART) < before


def test_a_job_is_found_by_its_reference_too(nora, told_job):
    assert nora.get(url("job", job=told_job.reference)).context["job"] == told_job
    assert nora.get(url("job", job="no-such-job")).status_code == 404
    assert nora.get(url("job", job="%00")).status_code == 404


def test_every_kind_of_event_has_words():
    """Every kind that a service writes is told in the timeline, none by its code."""
    source = "\n".join(path.read_text() for path in Path("jobs/services").glob("*.py"))
    written = set(re.findall(r'\bevent\(\s*job,\s*"([a-z_]+)"', source))
    written |= set(re.findall(r'\bevent\(\s*\w+\.job,\s*"([a-z_]+)"', source))
    written |= set(re.findall(r'\bkind="([a-z_]+)"', source)) | {"offer_expired"}
    assert {"created", "booked", "offer_declined", "escalation_settled"} <= written
    assert written - timeline.KINDS == set()


def test_an_unknown_kind_of_event_is_still_shown(nora, told_job):
    event = JobEvent(kind="some_new_thing", actor_label="Nora", data={})
    assert timeline.describe(told_job, event) == ("info-circle", "Some new thing", "Nora")


def test_the_timeline_names_who_did_what(nora, dispatcher, told_job, make_job):
    words = text_of(nora.get(url("job", job=told_job)))
    assert "Job taken in test" in words
    assert "3 of 3 ranked policy revision 1" in words
    assert "Offered to Harold rank 1, until 10:00" in words
    job = make_job()
    run_due()
    third = told_job.offers.get(rank=3).contractor_id
    offer_next(job_id=job.pk, contractor_id=third, actor=Actor.staff(dispatcher))
    words = text_of(nora.get(url("job", job=job)))
    assert "James to be asked next Nora" in words
    assert "James is asked next" in words


def test_a_firm_s_technician_is_named(nora, clock, harold, make_job):
    anna = add_technician(harold, "Anna")
    job = make_job()
    run_due()
    accept_offer(
        offer_id=pending_offer(job).pk,
        actor=Actor.contractor(harold),
        via="portal",
        technician_id=anna.pk,
    )
    words = text_of(nora.get(url("job", job=job)))
    assert "Harold, Anna" in words


def test_a_round_without_offers_is_told(nora, branch, service_type, make_job):
    make_contractor(branch, "Faraway", kilometres_north=60, radius_km=5)
    job = make_job()
    fresh = text_of(nora.get(url("job", job=job)))
    assert "candidates are being ranked" in fresh
    run_due()
    assert "Nobody to ask" in text_of(nora.get(url("job", job=job)))
    assert tell(job, rounds=[], offers=[], events=[], first_reasons={}, at=job.created_at) == []
