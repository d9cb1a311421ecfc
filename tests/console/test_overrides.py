"""Whoever assigns past the ranking says why; a monthly page shows what repeats."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from jobs.actors import Actor
from jobs.models import JobEvent
from jobs.services.answers import accept_offer
from network.models import BranchStaff
from ranking.models import Override, RankingPolicy, Replay
from tests.console.conftest import text_of, url
from tests.jobs.world import make_user, pending_offer, run_due

DIALOG = {"HX-Request": "true", "HX-Target": "act-body"}


@pytest.fixture
def job(trio, make_job):
    made = make_job()
    run_due()
    return made


@pytest.fixture
def ada(branch):
    """An admin of the branch."""
    user = make_user("maya@example.com", name="Maya", is_staff=True)
    BranchStaff.objects.create(user=user, branch=branch, role="admin")
    client = Client()
    client.force_login(user)
    return client


def test_asking_somebody_next_past_the_ranking_asks_why(nora, dispatcher, job, trio):
    _, lisa, james = trio
    page = text_of(nora.get(url("job", job=job)))
    assert "Ask next… James" in page
    assert "Ask next Lisa" in page  # it is her turn anyway
    form = nora.get(url("offer_next", job=job), {"contractor": james.pk}, headers=DIALOG)
    assert "Why not Lisa first?" in text_of(form)
    data = {"contractor": james.pk, "reason": "", "note": "knows the boiler"}
    refused = nora.post(url("offer_next", job=job), data, headers=DIALOG)
    assert refused.status_code == 422
    assert "Say why; the ranking learns from it." in text_of(refused)
    assert "knows the boiler" in refused.content.decode()
    done = nora.post(url("offer_next", job=job), data | {"reason": "better_at_it"}, headers=DIALOG)
    assert done.status_code == 204
    row = Override.objects.get()
    assert (row.chosen, row.passed_over, row.chosen_rank) == (james, [lisa.pk], 3)
    assert (row.reason, row.note, row.by, row.how) == (
        "better_at_it",
        "knows the boiler",
        dispatcher,
        "asked_next",
    )
    assert JobEvent.objects.get(job=job, kind="put_next").data["why"] == "better_at_it"
    assert "they are better at this kind of work" in text_of(nora.get(url("job", job=job)))


def test_without_its_dialog_it_is_refused_in_words(nora, job, trio):
    answer = nora.post(
        url("offer_next", job=job),
        {"contractor": trio[2].pk},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    said = json.loads(answer["HX-Trigger"])["fc:say"]["text"]
    assert said == "Lisa is ranked before James: say why on the job’s page."
    assert not Override.objects.exists()


def test_whose_turn_it_is_anyway_needs_no_reason(nora, job, trio):
    answer = nora.post(url("offer_next", job=job), {"contractor": trio[1].pk})
    assert answer.status_code == 302
    assert not Override.objects.exists()


def test_assigning_past_the_ranking_asks_why(nora, job, trio):
    harold, lisa, james = trio
    accept_offer(offer_id=pending_offer(job).pk, actor=Actor.contractor(harold), via="portal")
    form = nora.get(url("assign", job=job), {"contractor": james.pk}, headers=DIALOG)
    assert "Why not Lisa first?" in text_of(form)
    assert "Why not" not in text_of(
        nora.get(url("assign", job=job), {"contractor": lisa.pk}, headers=DIALOG)
    )
    data = {"contractor": james.pk, "note": "", "starts_at": ""}
    assert nora.post(url("assign", job=job), data, headers=DIALOG).status_code == 422
    done = nora.post(url("assign", job=job), data | {"reason": "wanted"}, headers=DIALOG)
    assert done.status_code == 204
    row = Override.objects.get()
    assert (row.chosen, row.passed_over, row.how) == (james, [lisa.pk], "assigned")


@pytest.fixture
def passed_over(nora, trio, make_job):
    """Six jobs, four of them with Lisa's turn coming, on which James is asked next."""
    jobs = [make_job() for _ in range(6)]
    run_due()
    for one in jobs:
        nora.post(
            url("offer_next", job=one),
            {"contractor": trio[2].pk, "reason": "wanted", "note": "asked for"},
        )
    return jobs


def test_the_month_shows_what_repeats_with_counts_and_how_sure(nora, passed_over):
    words = text_of(nora.get(url("branch_ranking")))
    assert "Choices against the ranking, November 2026" in words
    assert "James, Water heater repair" in words
    assert "in 67 % of these jobs: 4 of 6" in words
    assert "30–90 % at this number" in words
    assert "The customer or the client asked for them · 4" in words
    assert passed_over[0].reference in words
    assert "“asked for”" in words


def test_a_month_without_any_says_so_and_nonsense_is_the_present_one(nora, passed_over):
    assert "Nobody was passed over in this month." in text_of(
        nora.get(url("branch_ranking"), {"month": "2026-10"})
    )
    for odd in ("2031-01", "x", "2026-13", ""):
        assert "November 2026" in text_of(nora.get(url("branch_ranking"), {"month": odd}))


def test_the_page_takes_a_fixed_number_of_queries(nora, passed_over, django_assert_max_num_queries):
    nora.get(url("branch_ranking"))
    with django_assert_max_num_queries(22):
        nora.get(url("branch_ranking"))


def test_an_admin_opens_the_suggestion_in_a_replay_once(
    clock, ada, branch, service_type, passed_over
):
    clock.advance(minutes=1)
    data = {
        "kind": service_type.pk,
        "criterion": "continuity",
        "weight": "25",
        "month": "November 2026",
    }
    for _ in range(2):
        answer = ada.post(url("try_suggestion"), data)
        draft = RankingPolicy.objects.get(branch=branch, status="draft")
        assert answer["Location"].endswith(f"/rankingpolicy/{draft.pk}/replay/")
    assert (draft.weights["continuity"], draft.service_type) == (25, service_type)
    assert draft.note == "From the overrides of November 2026"
    assert Replay.objects.filter(policy=draft).count() == 2
    page = text_of(ada.get(answer["Location"]))
    assert f"Replay of revision {draft.revision}" in page


def test_only_admins_of_the_branch_can_and_nonsense_is_said(nora, ada, branch, passed_over):
    assert nora.post(url("try_suggestion"), {"weight": "5"}).status_code == 403
    for odd in (
        {},
        {"weight": "x"},
        {"weight": "5", "criterion": "charm"},
        {"weight": "500", "criterion": "price"},
        {"weight": "5", "criterion": "price", "kind": "999999"},
    ):
        answer = ada.post(url("try_suggestion"), odd, follow=True)
        assert answer.redirect_chain[-1][0].endswith("/boston/ranking/")
    assert not RankingPolicy.objects.filter(branch=branch, status="draft").exists()


def test_overrides_long_ago_do_not_count(clock, nora, passed_over):
    clock.advance(days=40)
    nora.get(url("branch_ranking"))
    assert "Nobody was passed over" in text_of(nora.get(url("branch_ranking")))
