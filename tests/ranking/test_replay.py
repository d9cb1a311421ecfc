"""A replay asks the past again: the same policy changes nothing, another says what would change."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from network.models import Branch, Client, ServiceType
from ranking.context import DecisionContext
from ranking.criteria import REGISTRY, default_weights
from ranking.errors import PolicyError
from ranking.models import Decision, Replay, ReplayStatus
from ranking.ordering import logged_facts, order_candidates
from ranking.replay.batch import LoggedDecision, build_batch, criterion_values, first_calls
from ranking.replay.engine import Comparison, Terms
from ranking.replay.figures import figures, gini, paired
from ranking.rules import clean_rules
from ranking.rules.apply import ticket
from ranking.services import policies, replays
from tests.ranking.conftest import NOW, MakeContractor, candidate
from tests.ranking.test_decisions import USD, made
from tests.ranking.test_rules import RULES
from tests.ranking.test_scoring import CONTEXTS, WEIGHTS, facts


def logged(number: int, columns: dict, context: DecisionContext, names=None) -> LoggedDecision:
    names = names or logged_facts()
    count = len(columns["price"])
    shares = {"work_share": np.linspace(0, 1, count)}
    rows = np.array([{**columns, **shares}[name] for name in names]).T.astype("<f4")
    return LoggedDecision(
        id=number,
        job_ref=uuid.uuid5(uuid.NAMESPACE_OID, str(number)),
        round_number=1,
        made_at=NOW + timedelta(hours=number),
        asset="",
        fact_names=names,
        contractor_ids=list(range(100, 100 + count)),
        facts=rows.tobytes(),
        context=context.as_json(),
        asked_first=None,
    )


def ordered(one: LoggedDecision, weights, rules):
    names, count = one.fact_names, len(one.contractor_ids)
    matrix = np.frombuffer(one.facts, dtype="<f4").reshape(count, len(names))
    return order_candidates(
        facts={name: matrix[:, place] for place, name in enumerate(names)},
        weights=weights,
        rules=rules,
        context=DecisionContext.from_json(dict(one.context)),
        contractor_ids=np.array(one.contractor_ids),
        ticket=ticket(one.job_ref, 1),
    )


@settings(max_examples=60)
@given(st.lists(st.tuples(facts(), CONTEXTS), min_size=1, max_size=5), WEIGHTS, RULES)
def test_many_decisions_at_once_give_what_each_gives_alone(fields, weights, rules) -> None:
    """The whole of replay rests on this: the batch asks exactly whom ``decide`` would ask."""
    rules = clean_rules(rules)
    decisions = [logged(n, columns, context) for n, (columns, context) in enumerate(fields)]
    batch = build_batch(decisions)
    found = first_calls(batch, criterion_values(batch, list(REGISTRY)), weights, rules)
    for one, row, start in zip(decisions, found.rows, batch.starts, strict=True):
        alone = ordered(one, weights, rules)
        if len(alone.order) == 0:
            assert row == -1
        else:
            assert row - start == alone.order[0]


@settings(max_examples=40)
@given(st.lists(st.tuples(facts(), CONTEXTS), min_size=1, max_size=5), WEIGHTS, RULES)
def test_the_same_policy_changes_nothing(fields, weights, rules) -> None:
    terms = Terms(weights, clean_rules(rules))
    comparison = Comparison()
    comparison.add(build_batch([logged(n, *one) for n, one in enumerate(fields)]), terms, terms)
    report = figures(comparison)
    assert report["changed"] == 0
    for figure in [*report["first_call"].values(), report["fairness"], report["newcomer_share"]]:
        assert figure["change"] in (0, None)
    assert all(row["change"] == 0 for row in report["contractor_shares"])


def test_facts_that_were_not_logged_yet_are_unknown() -> None:
    columns = {name: np.array([1.0, 2.0]) for name in (*logged_facts(), "gone_since")}
    old = logged(1, columns, DecisionContext(), names=("price", "gone_since", "travel_minutes"))
    batch = build_batch([old, logged(2, columns, DecisionContext())])
    assert np.isnan(batch.columns["fix_rate"][:2]).all()
    assert batch.columns["fix_rate"][2:].tolist() == [1.0, 2.0]
    assert batch.columns["travel_minutes"].tolist() == [1.0, 2.0, 1.0, 2.0]


# -- figures -----------------------------------------------------------------------------------


def test_paired_differences_carry_their_uncertainty() -> None:
    found = paired(np.array([10.0, 12, 14, np.nan]), np.array([9.0, 11, 13, 5]))
    assert (found["count"], found["before"], found["after"], found["change"]) == (3, 12, 11, -1)
    assert (found["margin"], found["clear"]) == (0, False), "three are too few, however alike"
    many = paired(np.arange(10.0), np.arange(10.0) - 1)
    assert (many["margin"], many["clear"]) == (0, True)
    noisy = paired(np.array([1.0, 2, 3]), np.array([3.0, 1, 3]))
    assert not noisy["clear"]
    assert noisy["margin"] == pytest.approx(
        4.303 * np.std([2, -1, 0], ddof=1) / np.sqrt(3), abs=1e-4
    )
    assert paired(np.array([1.0]), np.array([2.0]))["margin"] is None
    assert paired(np.array([np.nan]), np.array([2.0]))["change"] is None


def test_the_gini_coefficient() -> None:
    assert gini(np.array([5, 5, 5, 5])) == pytest.approx(0)
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert gini(np.array([0, 0])) == 0
    assert gini(np.array([])) == 0


# -- from the log ------------------------------------------------------------------------------


@pytest.fixture
def leak(branch: Branch) -> ServiceType:
    return ServiceType.objects.create(
        branch=branch, slug="leak", name="Leak", trade="plumbing", usual_duration_minutes=60
    )


@pytest.fixture
def month(branch: Branch, make_contractor: MakeContractor, leak: ServiceType, clock):
    """Thirty jobs: Near is dear, Cheap is far; every third is a leak."""
    clock.set(NOW)
    policies.ensure_policy(branch_id=branch.id)
    near, cheap = make_contractor("Near"), make_contractor("Cheap")
    return [
        made(
            branch,
            [
                candidate(near, travel_minutes=5, travel_km=2, price=Decimal(200)),
                candidate(cheap, travel_minutes=6 + n, travel_km=3 + n, price=Decimal(130)),
            ],
            at=NOW - timedelta(days=n % 10, hours=1),
            service_type_id=leak.id if n % 3 == 0 else None,
            context=USD if n % 2 else DecisionContext(),
        )
        for n in range(30)
    ]


def draft_of(branch: Branch, rules=(), **weights: int):
    return policies.create_draft(
        branch_id=branch.id, weights=weights, note="Try.", user_id=None, rules=rules
    )


def compare(policy, **changes):
    values = {
        "policy": policy,
        "against": policies.active_policy(policy.branch_id, *policy.scope),
        "start": NOW - timedelta(days=30),
        "end": NOW,
    }
    return replays.compare(**{**values, **changes})


def test_the_live_policy_replayed_is_what_was_logged(branch: Branch, month) -> None:
    report = compare(policies.active_policy(branch.id))
    assert (report["decisions"], report["changed"]) == (30, 0)
    assert report["live_differs_from_log"] == 0


def test_a_draft_that_prefers_cheap_moves_first_calls_to_the_cheap(branch: Branch, month) -> None:
    report = compare(draft_of(branch, price=100))
    before = [d.contractor_ids[0] for d in month]
    cheap = month[0].contractor_ids[1] if before[0] != month[0].contractor_ids[1] else before[0]
    assert report["changed"] > 0
    assert report["first_call"]["price"]["after"] == 130
    assert report["first_call"]["price"]["change"] < 0
    assert report["first_call"]["price"]["clear"]
    assert report["first_call"]["travel_km"]["change"] > 0
    shares = {row["contractor"]: row for row in report["contractor_shares"]}
    assert sum(row["change"] for row in shares.values()) == 0
    winner = report["contractor_shares"][0]
    assert (winner["after"], winner["because"]) == (30, "price")
    assert len(report["changed_ids"]) == report["changed"] == winner["change"]
    assert report["fairness"]["after"] == 0.5
    assert sum(report["by_day"]["decisions"]) == 30
    assert cheap in shares


def test_rules_are_replayed_too_and_let_people_back_in(branch: Branch, month) -> None:
    near = month[0].contractor_ids[0]
    never = {"kind": "never", "condition": "contractor", "contractors": [near]}
    report = compare(draft_of(branch, rules=[never], **default_weights()))
    shares = {row["contractor"]: row["after"] for row in report["contractor_shares"]}
    assert shares[near] == 0
    nobody = {"kind": "must", "condition": "travel_at_most", "value": 1}
    assert compare(draft_of(branch, rules=[nobody], price=1))["nobody_after"] == 30


def test_only_what_the_policy_would_rank_is_replayed(
    branch: Branch, month, leak: ServiceType
) -> None:
    assert compare(draft_of(branch, price=1), trade="plumbing")["decisions"] == 10
    for_leaks = policies.create_draft(
        branch_id=branch.id,
        weights={"price": 1},
        note="Leaks.",
        user_id=None,
        service_type_id=leak.id,
    )
    assert compare(for_leaks)["decisions"] == 10
    policies.publish(policy_id=for_leaks.id, user_id=None)
    assert compare(draft_of(branch, price=1))["decisions"] == 20
    acme = Client.objects.create(branch=branch, slug="acme", name="Acme")
    for_acme = policies.create_draft(
        branch_id=branch.id, weights={"price": 1}, note="x", user_id=None, client_id=acme.id
    )
    with pytest.raises(PolicyError, match="No job was ranked"):
        compare(for_acme)


def test_a_period_must_hold_something(branch: Branch, month) -> None:
    draft = draft_of(branch, price=1)
    for start, end, said in (
        (NOW - timedelta(days=90), NOW - timedelta(days=60), "Choose a longer"),
        (NOW, NOW - timedelta(days=1), "end after it starts"),
        (NOW - timedelta(days=900), NOW, "at most 366"),
    ):
        with pytest.raises(PolicyError, match=said):
            replays.request_replay(policy_id=draft.id, start=start, end=end, user_id=None)
    assert not Replay.objects.exists()


def asked_for(draft) -> Replay:
    return replays.request_replay(
        policy_id=draft.id, start=NOW - timedelta(days=30), end=NOW, user_id=None
    )


def test_it_runs_once_and_keeps_its_report(branch: Branch, month) -> None:
    draft = draft_of(branch, price=100)
    replay = asked_for(draft)
    assert (replay.status, replay.total) == (ReplayStatus.QUEUED, 30)
    assert replays.run_replay(replay_id=replay.id)
    replay.refresh_from_db()
    assert (replay.status, replay.done, replay.percent) == (ReplayStatus.DONE, 30, 100)
    assert replay.result["changed"] > 0
    assert not replays.run_replay(replay_id=replay.id)


def test_how_far_it_is_can_be_read_while_it_runs(
    branch: Branch, month, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = asked_for(draft_of(branch, price=100))
    seen = []
    monkeypatch.setattr(replays, "BATCH", 10)
    build = replays.build_batch

    def watched(*args, **options):
        now = Replay.objects.get(id=replay.id)
        seen.append((now.status, now.done, now.percent))
        return build(*args, **options)

    monkeypatch.setattr(replays, "build_batch", watched)
    assert replays.run_replay(replay_id=replay.id)
    assert seen == [("running", 0, 0), ("running", 10, 33), ("running", 20, 66)]


def test_a_draft_that_changed_meanwhile_is_not_replayed(branch: Branch, month) -> None:
    draft = draft_of(branch, price=100)
    replay = asked_for(draft)
    policies.update_draft(policy_id=draft.id, weights={"price": 1, "travel_time": 2}, note="")
    assert replays.run_replay(replay_id=replay.id)
    replay.refresh_from_db()
    assert (replay.status, replay.result) == (ReplayStatus.FAILED, None)
    assert "changed meanwhile" in replay.error


def test_publishing_asks_for_a_replay_of_exactly_this_draft(
    branch: Branch, month, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = draft_of(branch, price=100)
    monkeypatch.setattr(policies, "REPLAY_FROM", 31)
    assert not policies.needs_replay(draft)
    monkeypatch.setattr(policies, "REPLAY_FROM", 30)
    with pytest.raises(PolicyError, match="Look at a replay"):
        policies.publish(policy_id=draft.id, user_id=None)
    replay = asked_for(draft)
    with pytest.raises(PolicyError, match="Look at a replay"):
        policies.publish(policy_id=draft.id, user_id=None, replay_id=replay.id)
    replays.run_replay(replay_id=replay.id)
    policies.update_draft(policy_id=draft.id, weights={"price": 99, "skill_level": 1}, note="Try.")
    with pytest.raises(PolicyError, match="Look at a replay"):
        policies.publish(policy_id=draft.id, user_id=None, replay_id=replay.id)
    policies.update_draft(policy_id=draft.id, weights={"price": 100}, note="Another note.")
    published = policies.publish(policy_id=draft.id, user_id=None, replay_id=replay.id)
    assert published.replay_seen == replay
    first = policies.RankingPolicy.objects.get(branch=branch, revision=1)
    assert policies.return_to(policy_id=first.id, user_id=None).revision == 3


def test_the_command_prints_json_alone(branch: Branch, month) -> None:
    draft = draft_of(branch, price=100)
    out, err = StringIO(), StringIO()
    call_command("replay", policy=f"boston:{draft.revision}", json=True, stdout=out, stderr=err)
    report = json.loads(out.getvalue())
    assert (report["decisions"], report["against"]) == (30, 1)
    assert "not what they would have answered" in report["one_step"]
    assert "30 of 30 decisions" in err.getvalue()
    text = StringIO()
    call_command("replay", policy=str(draft.id), stdout=text, stderr=err)
    assert "first calls change hands" in text.getvalue()


@pytest.mark.parametrize("name", ["boston:99", "nowhere:1", "x", ""])
def test_the_command_says_what_it_does_not_know(branch: Branch, name: str) -> None:
    with pytest.raises(CommandError, match="There is no revision"):
        call_command("replay", policy=name)


def test_a_decision_without_candidates_is_counted_apart(branch: Branch, month) -> None:
    made(branch, [], at=NOW - timedelta(days=1))
    report = compare(draft_of(branch, price=1))
    assert (report["read"], report["decisions"], report["without_candidates"]) == (31, 30, 1)
    assert Decision.objects.count() == 31
