"""A criterion is one file: put there it is everywhere, taken away nothing breaks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from django.test import Client
from django.urls import reverse

import ranking.criteria
from network.models import Branch, BranchStaff, User
from ranking.criteria import REGISTRY, default_weights, load_criteria
from ranking.explain import explain
from ranking.models import Decision, RankingPolicy, Replay
from ranking.ordering import COMPARED_FACTS
from ranking.services import policies, replays
from ranking.whatif import to_be_first
from tests.ranking.conftest import NOW, MakeContractor, candidate
from tests.ranking.test_decisions import made

KEYS = list(REGISTRY)

CREW_SIZE = dedent(
    """
    import numpy as np

    from ranking.criteria.base import Criterion, Measure, register
    from ranking.criteria.wording import counted


    @register
    class CrewSize(Criterion):
        '''How many people the contractor can send; a big crew is hardly ever stuck.'''

        key, position, label, hint = "crew_size", 95, "Crew size", "people to send"
        default_weight = 0
        facts = ("technicians",)
        own_facts_only = True
        measure = Measure(
            "technicians", 1, lambda value, ctx: counted(round(value), "technician"), 1, 50, 1
        )

        def values(self, columns, ctx):
            return np.clip(columns["technicians"] / 10, 0, 1)

        def sentence(self, facts, field, ctx):
            return counted(round(facts["technicians"]), "technician")
    """
)


@pytest.fixture
def registry() -> Iterator[None]:
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


@pytest.fixture
def crew_size(registry: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder of criteria with one more file in it."""
    (tmp_path / "crew_size.py").write_text(CREW_SIZE)
    monkeypatch.setattr(ranking.criteria, "__path__", [*ranking.criteria.__path__, str(tmp_path)])
    load_criteria()
    yield
    sys.modules.pop("ranking.criteria.crew_size")


@pytest.fixture
def two(branch: Branch, make_contractor: MakeContractor):
    small = make_contractor("Small")
    large = make_contractor("Large", technicians=6)
    return [
        candidate(small, travel_minutes=5, travel_km=2, price=Decimal(150)),
        candidate(large, travel_minutes=50, travel_km=20, price=Decimal(150)),
    ]


@pytest.fixture
def maya(branch: Branch) -> Client:
    user = User.objects.create_user("maya@example.com", "secret", name="Maya", is_staff=True)
    BranchStaff.objects.create(user=user, branch=branch, role="admin")
    client = Client()
    client.force_login(user)
    return client


def replayed(draft: RankingPolicy) -> Replay:
    replay = replays.request_replay(
        policy_id=draft.id, start=NOW - timedelta(days=30), end=NOW, user_id=None
    )
    replays.run_replay(replay_id=replay.id)
    replay.refresh_from_db()
    return replay


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"admin:ranking_rankingpolicy_{name}", args=args))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_one_more_file_is_in_the_admin_the_explanation_and_the_replay(
    branch: Branch, two, maya: Client, crew_size: None, clock
) -> None:
    clock.set(NOW)
    policies.ensure_policy(branch_id=branch.id)
    old = made(branch, two, at=NOW - timedelta(days=1))
    assert old.contractor_ids[0] == two[0].contractor_id
    draft = policies.create_draft(
        branch_id=branch.id, weights={"crew_size": 10}, note="Crews.", user_id=None
    )
    shown = page(maya, "change", draft.id)
    assert "Crew size" in shown
    assert "a big crew is hardly ever stuck" in shown, "its docstring is its documentation"
    report = replayed(draft).result
    assert report is not None
    assert (report["changed"], report["decisions"]) == (1, 1)
    assert {row["because"] for row in report["contractor_shares"]} == {"crew_size"}
    assert "Crew size" in page(maya, "replay", draft.id)
    policies.publish(policy_id=draft.id, user_id=None)
    decision = made(branch, two)
    first, second = explain(decision)
    assert (first.contractor_id, first.score) == (two[1].contractor_id, pytest.approx(60))
    assert [part.sentence for part in first.parts] == ["6 technicians"]
    needs = to_be_first(decision)[second.contractor_id].sentence
    assert needs == "Would be first with crew size 6 technicians instead of 1 technician"


@pytest.mark.parametrize("key", KEYS)
def test_without_any_one_of_them_jobs_are_ranked_explained_and_replayed(
    branch: Branch, two, registry: None, clock, key: str
) -> None:
    clock.set(NOW)
    policies.ensure_policy(branch_id=branch.id)
    before = made(branch, two, at=NOW - timedelta(days=1))
    del REGISTRY[key]
    decision = made(branch, two)
    assert f"There is no criterion called {key!r}" in decision.fallback
    assert decision.weights["weights"] == default_weights()
    for one in (before, decision):
        stored = Decision.objects.for_job(one.job_ref).get()
        assert {entry.contractor_id for entry in explain(stored)} == set(one.contractor_ids)
        to_be_first(stored)
    assert set(COMPARED_FACTS) <= set(decision.fact_names), "what replays compare is still logged"


def test_a_repair_is_replayed_against_what_ranks_meanwhile_and_published(
    branch: Branch, two, maya: Client, registry: None, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.set(NOW)
    monkeypatch.setattr(policies, "REPLAY_FROM", 1)
    broken = policies.ensure_policy(branch_id=branch.id)
    made(branch, two, at=NOW - timedelta(days=1))
    del REGISTRY["route_density"]
    shown = page(maya, "change", broken.id)
    assert "Not used Revision 1 can not be used: There is no criterion called" in shown
    repair = policies.draft_from(policy_id=broken.id, user_id=None)
    assert "route_density" not in repair.weights
    policies.update_draft(policy_id=repair.id, weights=repair.weights, note="Without density.")
    replay = replayed(repair)
    assert replay.error == ""
    assert "Ranked with the weights every branch starts with" in page(maya, "replay", repair.id)
    published = policies.publish(policy_id=repair.id, user_id=None, replay_id=replay.id)
    assert made(branch, two).policy == published
    assert made(branch, two).fallback == ""


def test_a_draft_from_what_is_gone_altogether_starts_with_the_first_weights(
    branch: Branch, crew_size: None, maya: Client
) -> None:
    only = policies.create_draft(
        branch_id=branch.id,
        weights={"crew_size": 10},
        note="Crews.",
        user_id=None,
        rules=[{"kind": "cap", "value": 40}],
    )
    policies.publish(policy_id=only.id, user_id=None)
    del REGISTRY["crew_size"]
    url = reverse("admin:ranking_rankingpolicy_draft", args=[only.id])
    assert maya.post(url).status_code == 302
    draft = RankingPolicy.objects.get(copy_of=only)
    assert draft.weights == default_weights()
    assert draft.rules == [{"kind": "cap", "value": 40}]


@pytest.mark.parametrize(
    "rules",
    [
        [7],
        [{"kind": ["must"]}],
        [{"kind": "must", "condition": "contractor", "contractors": 5}],
        [{"kind": "must", "condition": "moonlight"}],
    ],
)
def test_whatever_a_policy_holds_a_job_is_ranked_and_it_is_said(
    branch: Branch, two, rules: object
) -> None:
    """As written by SQL past every form; weights that are none the table itself refuses."""
    RankingPolicy.objects.create(
        branch=branch,
        revision=1,
        status="published",
        weights={"price": 10, "travel_time": 10},
        rules=rules,
        created_at=NOW,
        published_at=NOW,
    )
    decision = made(branch, two)
    assert decision.fallback.startswith("Revision 1 can not be used: ")
    assert decision.contractor_ids[0] == two[0].contractor_id
