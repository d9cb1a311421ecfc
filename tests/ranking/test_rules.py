"""Rules come before weights, do what they say, and say what they did."""

from __future__ import annotations

import uuid
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.models import Branch
from ranking.context import DecisionContext
from ranking.errors import PolicyError
from ranking.explain import explain, explain_left_out, explain_under
from ranking.models import BranchMeans, Decision
from ranking.ordering import logged_facts, order_candidates
from ranking.rules import CONDITIONS, clean_rules
from ranking.rules.apply import CAP_FROM_JOBS, ticket
from ranking.services import policies
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.ranking.conftest import NOW, MakeContractor, candidate, outcome
from tests.ranking.test_decisions import made
from tests.ranking.test_policies import allowed_without, refused
from tests.ranking.test_scoring import CONTEXTS, WEIGHTS, facts


def publish(branch: Branch, *rules: dict, **weights: int):
    draft = policies.create_draft(
        branch_id=branch.id,
        weights=weights or {"travel_time": 100},
        note="Rules.",
        user_id=None,
        rules=rules,
    )
    return policies.publish(policy_id=draft.id, user_id=None)


@pytest.fixture
def three(make_contractor: MakeContractor):
    """Near, mid and far, in the order of the score."""
    return [make_contractor(name) for name in ("Near", "Mid", "Far")]


def field(three, **changes):
    near, mid, far = three
    return [
        candidate(near, travel_minutes=5, **changes),
        candidate(mid, travel_minutes=20, **changes),
        candidate(far, travel_minutes=60, **changes),
    ]


def names(decision: Decision, three) -> list[str]:
    by_id = {one.id: one.name for one in three}
    return [by_id[each] for each in decision.contractor_ids]


def test_must_leaves_out_who_does_not_meet_it(branch: Branch, three) -> None:
    publish(branch, {"kind": "must", "condition": "travel_at_most", "value": 30})
    decision = made(branch, field(three), not_eligible={"fully_booked": 2})
    assert names(decision, three) == ["Near", "Mid"]
    assert decision.left_out_ids == [three[2].id]
    assert decision.not_eligible == {"fully_booked": 2, "left_out_by_policy": 1}
    (out,) = explain_left_out(Decision.objects.for_job(decision.job_ref).get())
    assert out.contractor_id == three[2].id
    assert out.sentence == "Left out by the policy: must at most 30 minutes away"
    assert (out.rule, out.figure) == ("must at most 30 minutes away", "60 min")
    assert len(explain(decision)) == 2


def test_never_leaves_out_named_contractors(branch: Branch, three) -> None:
    publish(branch, {"kind": "never", "condition": "contractor", "contractors": [three[0].id]})
    decision = made(branch, field(three))
    assert names(decision, three) == ["Mid", "Far"]
    (out,) = explain_left_out(decision)
    assert out.sentence == "Left out by the policy, which never asks certain contractors here"


def test_what_is_not_known_leaves_nobody_out(branch: Branch, three) -> None:
    publish(branch, {"kind": "must", "condition": "served_within", "value": 30})
    assert len(made(branch, field(three)).contractor_ids) == 3
    served = field(three, earlier_visits=0)
    served[2] = candidate(three[2], earlier_visits=2, days_since_visit=12)
    assert names(made(branch, served), three) == ["Far"]


def test_prefer_goes_before_the_score_and_the_first_rule_before_the_second(
    branch: Branch, three
) -> None:
    publish(
        branch,
        {"kind": "prefer", "condition": "served_within", "value": 30},
        {"kind": "prefer", "condition": "tier_at_most", "value": 1},
    )
    near, mid, far = three
    decision = made(
        branch,
        [
            candidate(near, travel_minutes=5, earlier_visits=0),
            candidate(mid, travel_minutes=20, earlier_visits=0, tier=1),
            candidate(far, travel_minutes=60, earlier_visits=1, days_since_visit=3),
        ],
    )
    assert names(decision, three) == ["Far", "Mid", "Near"]
    notes = [entry.notes for entry in explain(decision)]
    assert notes == [
        ("Ahead by a preference of the policy: served this customer or site in the last 30 days",),
        ("Ahead by a preference of the policy: tier 1 or better",),
        (),
    ]


def test_a_pinned_order_holds_whatever_the_score_but_only_where_it_is_pinned(
    branch: Branch, three
) -> None:
    _, mid, far = three
    publish(
        branch,
        {"kind": "pinned", "contractors": [far.id, mid.id], "asset": "12 Main St, 02215"},
    )
    here = made(branch, field(three), asset="12 MAIN ST  02215")
    assert names(here, three) == ["Far", "Mid", "Near"]
    assert explain(here)[0].notes == ("Pinned 1st by the policy, whatever the score",)
    assert explain(here)[1].notes == ("Pinned 2nd by the policy, whatever the score",)
    elsewhere = made(branch, field(three), asset="14 Main St, 02215")
    assert names(elsewhere, three) == ["Near", "Mid", "Far"]


def test_newcomers_get_their_share_of_first_calls_by_a_draw_that_repeats(
    branch: Branch, three
) -> None:
    near, mid, _ = three
    record_outcomes([outcome(one, "fixed") for one in (near, mid) for _ in range(6)])
    refresh_scorecards(at=NOW)
    publish(branch, {"kind": "newcomers", "value": 25})
    won = 0
    for number in range(80):
        job = uuid.uuid5(uuid.NAMESPACE_OID, str(number))
        decision = made(branch, field(three), job_ref=job)
        drawn = ticket(job, 1) < 0.25
        assert (names(decision, three)[0] == "Far") == drawn
        assert explain(decision)[0].notes == (
            ("A newcomer's turn: 25 % of first calls go to newcomers",) if drawn else ()
        )
        assert names(decision, three)[1:] == (["Near", "Mid"] if drawn else ["Mid", "Far"])
        won += drawn
    assert 10 <= won <= 30


def test_who_has_more_than_the_cap_goes_behind_the_others(branch: Branch, three) -> None:
    near, mid, _ = three
    publish(branch, {"kind": "cap", "value": 40})
    record_outcomes(
        [outcome(near, "accepted") for _ in range(CAP_FROM_JOBS - 2)] + [outcome(mid, "accepted")]
    )
    refresh_scorecards(at=NOW)
    assert names(made(branch, field(three)), three) == ["Near", "Mid", "Far"], "too few to tell"
    record_outcomes([outcome(near, "accepted") for _ in range(2)])
    refresh_scorecards(at=NOW)
    decision = made(branch, field(three))
    assert names(decision, three) == ["Mid", "Far", "Near"]
    assert explain(decision)[2].notes == (
        "Behind the others: has 95 % of the branch's recent work, the cap is 40 %",
    )
    assert BranchMeans.objects.get().recent_accepted == CAP_FROM_JOBS + 1


def test_a_decision_can_be_seen_under_other_rules_with_everybody_back_in(
    branch: Branch, three
) -> None:
    publish(branch, {"kind": "must", "condition": "travel_at_most", "value": 10})
    decision = made(branch, field(three))
    assert names(decision, three) == ["Near"]
    seen = explain_under(decision, {"travel_time": 1}, [])
    assert [entry.contractor_id for entry in seen] == [one.id for one in three]


def test_all_facts_of_those_left_out_are_logged_or_none(branch: Branch, three) -> None:
    policy = publish(branch, price=1)
    insert = (
        "INSERT INTO ranking_decision (branch_id, job_ref, round_number, policy_id, made_at,"
        " criteria, contractor_ids, technician_ids, scores, fact_names, facts, context,"
        " not_eligible, left_out_ids) VALUES (%s, gen_random_uuid(), 1, %s, now(), '{}', '{}',"
        " '{}', '{}', '{}', '', '{}', '{}', '{1}')"
    )
    assert refused(insert, branch.id, policy.id) == "ranking_decision_left_out_fits"
    allowed_without(
        "ALTER TABLE ranking_decision DROP CONSTRAINT ranking_decision_left_out_fits",
        insert,
        branch.id,
        policy.id,
    )


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([{"kind": "perhaps"}], "Rule 1: choose one of"),
        ([{"kind": "must", "condition": "charm"}], "choose what it asks"),
        ([{"kind": "must", "condition": "tier_at_most"}], "give a number from 1 to 3"),
        ([{"kind": "must", "condition": "tier_at_most", "value": 4}], "between 1 and 3"),
        ([{"kind": "cap", "value": float("nan")}], "give a number from 1 to 100"),
        ([{"kind": "cap", "value": 5}, {"kind": "cap", "value": 6}], "one “Cap” rule"),
        ([{"kind": "pinned", "contractors": []}], "name 1 to 50 contractors"),
        ([{"kind": "pinned", "contractors": [3, 3]}], "named twice"),
        ([{"kind": "never", "condition": "contractor"}], "name the contractors"),
        ([{"kind": "never", "condition": "contractor", "contractors": ["x"]}], "by their ids"),
        ([{"kind": "prefer", "condition": "client_preferred"}] * 9, "At most 8"),
        ("must", "must be a list"),
    ],
)
def test_bad_rules_are_refused_in_words(rules, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        clean_rules(rules)


def test_a_rule_names_contractors_of_its_own_branch(branch: Branch) -> None:
    with pytest.raises(PolicyError, match="does not have"):
        publish(branch, {"kind": "pinned", "contractors": [10**9]})


NUMBERS = {condition.key: (condition.low, condition.high) for condition in CONDITIONS.values()}
RULES = st.lists(
    st.one_of(
        st.builds(
            lambda kind, key, part: {
                "kind": kind,
                "condition": key,
                **(
                    {"value": round(NUMBERS[key][0] + part * (NUMBERS[key][1] - NUMBERS[key][0]))}
                    if CONDITIONS[key].needs_number
                    else {}
                ),
            },
            st.sampled_from(["must", "prefer", "never"]),
            st.sampled_from(sorted(CONDITIONS)),
            st.floats(0, 1),
        ),
        st.builds(
            lambda ids: {"kind": "pinned", "contractors": ids},
            st.lists(st.integers(100, 112), min_size=1, max_size=4, unique=True),
        ),
    ),
    max_size=5,
).flatmap(
    lambda rules: st.builds(
        lambda newcomers, cap: (
            rules
            + ([{"kind": "newcomers", "value": newcomers}] if newcomers else [])
            + ([{"kind": "cap", "value": cap}] if cap else [])
        ),
        st.integers(0, 100),
        st.integers(0, 100),
    )
)


@given(facts(), WEIGHTS, CONTEXTS, RULES, st.floats(0, 0.999), st.randoms(use_true_random=False))
def test_with_rules_too_the_order_is_total_and_free_of_the_input_order(
    columns, weights, context, rules, draw, random
) -> None:
    count = len(columns["price"])
    ids = np.arange(100, 100 + count)
    columns = {**columns, "work_share": np.linspace(0, 1, count)}
    shuffle = list(range(count))
    random.shuffle(shuffle)
    cleaned = clean_rules(rules)
    one = order_candidates(
        facts=columns,
        weights=weights,
        rules=cleaned,
        context=context,
        contractor_ids=ids,
        ticket=draw,
    )
    two = order_candidates(
        facts={name: column[shuffle] for name, column in columns.items()},
        weights=weights,
        rules=cleaned,
        context=context,
        contractor_ids=ids[shuffle],
        ticket=draw,
    )
    assert sorted([*one.order, *one.left_out]) == list(range(count))
    assert list(ids[one.order]) == list(ids[shuffle][two.order])
    assert set(ids[one.left_out]) == set(ids[shuffle][two.left_out])


def test_without_rules_the_order_is_that_of_the_score() -> None:
    columns = {"travel_minutes": np.array([30.0, 10.0, 10.0])}
    found = order_candidates(
        facts=columns,
        weights={"travel_time": 1},
        rules=[],
        context=DecisionContext(not_to_exceed=Decimal(5)),
        contractor_ids=np.array([3, 2, 1]),
        ticket=0.0,
    )
    assert found.order.tolist() == [2, 1, 0]
    assert "work_share" in logged_facts()
