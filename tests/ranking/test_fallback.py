"""Ranking never stops a job: what can not be used is replaced, and the log says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from network.models import Branch
from ranking.criteria import REGISTRY, Criterion, default_weights, register
from ranking.explain import explain
from ranking.models import Decision
from ranking.services import policies
from tests.ranking.conftest import MakeContractor, candidate
from tests.ranking.test_decisions import made


@pytest.fixture
def registry():
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


@pytest.fixture
def charm(registry: None) -> type[Criterion]:
    @register
    class Charm(Criterion):
        """How charming."""

        key, position, label, hint, default_weight = "charm", 5, "Charm", "", 0
        facts = ("charm",)

        def values(self, columns, ctx):
            return np.ones_like(columns["charm"])

        def sentence(self, facts, field, ctx):
            return "Charming"

    return Charm


@pytest.fixture
def two(make_contractor: MakeContractor):
    near, far = make_contractor("Near"), make_contractor("Far")
    return [candidate(near, travel_minutes=5), candidate(far, travel_minutes=50)]


def publish(branch: Branch, **weights: float):
    draft = policies.create_draft(branch_id=branch.id, weights=weights, note="x", user_id=None)
    return policies.publish(policy_id=draft.id, user_id=None)


def test_a_criterion_that_is_gone_brings_the_policy_before_back(branch: Branch, two, charm) -> None:
    good = publish(branch, travel_time=10)
    bad = publish(branch, charm=10)
    during = made(branch, two)
    assert (during.policy, during.fallback) == (bad, "")
    del REGISTRY["charm"]
    decision = made(branch, two)
    assert decision.policy == good
    assert "There is no criterion called 'charm'" in decision.fallback
    assert decision.fallback.endswith(f"Ranked with revision {good.revision} instead.")
    assert decision.criteria == ["travel_time"]
    assert [entry.rank for entry in explain(decision)] == [1, 2]
    old = explain(Decision.objects.for_job(during.job_ref).get())
    assert [entry.contractor_id for entry in old] == during.contractor_ids


def test_without_any_usable_revision_the_first_weights_are_used(branch: Branch, two, charm) -> None:
    bad = publish(branch, charm=10)
    del REGISTRY["charm"]
    decision = made(branch, two)
    assert decision.policy == bad
    assert decision.fallback.endswith("Ranked with the weights every branch starts with.")
    assert decision.weights["weights"] == default_weights()
    said = explain(Decision.objects.for_job(decision.job_ref).get())
    assert [entry.contractor_id for entry in said] == decision.contractor_ids
    assert said[0].score == pytest.approx(decision.scores[0], abs=1e-3)


def test_a_criterion_that_breaks_is_left_out_and_reported(
    branch: Branch, two, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(branch, travel_time=10, price=5)

    def broken(*args: object) -> None:
        raise ZeroDivisionError("no price")

    monkeypatch.setattr(type(REGISTRY["price"]), "values", broken)
    decision = made(branch, two)
    assert decision.contractor_ids[0] == two[0].contractor_id
    assert decision.fallback == "“Price” could not be evaluated; ranked without it."
    assert decision.criteria == ["travel_time"]


def test_only_broken_criteria_still_give_an_order(
    branch: Branch, two, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(branch, price=5)

    def broken(*args: object) -> None:
        raise ZeroDivisionError("no price")

    monkeypatch.setattr(type(REGISTRY["price"]), "values", broken)
    assert made(branch, two).contractor_ids[0] == two[0].contractor_id


def test_facts_that_are_not_numbers_are_unknown(branch: Branch, two) -> None:
    nan = float("nan")
    odd = [
        replace(two[0], travel_minutes=nan, travel_km=nan),
        replace(two[1], travel_minutes=float("inf")),
    ]
    decision = made(branch, odd)
    assert decision.fallback == ""
    assert decision.contractor_ids[0] == two[0].contractor_id
    assert (
        "not known" in {p.criterion: p.sentence for p in explain(decision)[0].parts}["travel_time"]
    )
