"""A decision orders by the live policy, is logged once, and can be explained for ever."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from network.models import Branch
from ranking.context import DecisionContext
from ranking.explain import explain, facts_of
from ranking.models import BranchMeans, Decision
from ranking.services import policies
from ranking.services.decisions import Candidate, decide
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.ranking.conftest import NOW, MakeBranch, MakeContractor, candidate, outcome
from tests.ranking.test_policies import allowed_without, refused

USD = DecisionContext(not_to_exceed=Decimal("250.00"), currency="USD", distance_unit="mi")


def made(branch: Branch, candidates: list[Candidate], **changes: object) -> Decision:
    values: dict[str, object] = {
        "branch_id": branch.id,
        "job_ref": uuid.uuid4(),
        "round_number": 1,
        "at": NOW,
        "candidates": candidates,
        "context": USD,
        "not_eligible": {"fully_booked": 7, "not_cleared": 0},
    }
    return decide(**{**values, **changes})  # type: ignore[arg-type]


def test_nearer_and_cheaper_comes_first_and_says_so(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    policies.ensure_policy(branch_id=branch.id)
    harold, lisa, james = (make_contractor(name) for name in ("Harold", "Lisa", "James"))
    decision = made(
        branch,
        [
            candidate(james, travel_minutes=18, travel_km=6.4, price=Decimal("96")),
            candidate(harold, travel_minutes=9, travel_km=2.9, skill_level=3, tier=1),
            candidate(lisa, travel_minutes=14, travel_km=4.5, tier=1),
        ],
    )
    assert decision.contractor_ids == [harold.id, lisa.id, james.id]
    assert decision.technician_ids == [c.technicians.get().id for c in (harold, lisa, james)]
    assert decision.not_eligible == {"fully_booked": 7}
    said = explain(Decision.objects.for_job(decision.job_ref).get())
    assert [entry.rank for entry in said] == [1, 2, 3]
    sentences = {part.criterion: part.sentence for part in said[0].parts}
    assert sentences["travel_time"] == "9 min away (1.8 mi), closest of 3"
    assert sentences["price"] == "$120, $130 below the limit, joint dearest of 3"
    assert sentences["skill_level"].endswith("the highest of 3")
    assert sentences["acceptance"] == "No offers yet, counted as the branch's usual 70 %"
    assert {part.criterion for part in said[0].reasons(2)} <= {
        "travel_time",
        "skill_level",
        "preferred_tier",
    }


def test_the_explanation_adds_up_to_the_logged_scores(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    random = np.random.default_rng(4)
    field = [
        candidate(
            make_contractor(f"Firm {number}", technicians=1 + number % 3),
            travel_minutes=float(random.gamma(4, 6)),
            travel_km=float(random.gamma(4, 2)),
            price=Decimal(f"{random.uniform(80, 270):.2f}"),
            skill_level=int(random.integers(2, 4)),
            tier=int(random.integers(1, 4)),
        )
        for number in range(12)
    ]
    decision = made(branch, field)
    said = explain(Decision.objects.for_job(decision.job_ref).get())
    assert [entry.contractor_id for entry in said] == decision.contractor_ids
    for entry, score in zip(said, decision.scores, strict=True):
        assert sum(part.points for part in entry.parts) == pytest.approx(entry.score)
        assert entry.score == pytest.approx(score, abs=1e-3)
        assert all(
            part.points == pytest.approx(part.value * part.weight) for part in entry.parts
        ), "the default weights add up to 100, so points are value × weight"
    for position in range(len(said[0].parts)):
        assert sum(entry.parts[position].lead for entry in said) == pytest.approx(0, abs=1e-9)


def test_an_old_decision_keeps_the_words_and_weights_it_was_made_with(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    near, cheap = make_contractor("Near"), make_contractor("Cheap")
    field = [
        candidate(near, travel_minutes=5, price=Decimal(200)),
        candidate(cheap, travel_minutes=50, price=Decimal(100)),
    ]
    before = made(branch, field)
    said_before = explain(before)
    draft = policies.create_draft(
        branch_id=branch.id, weights={"price": 100}, note="Cost first.", user_id=None
    )
    policies.publish(policy_id=draft.id, user_id=None)
    BranchMeans.objects.create(
        branch=branch, accept_rate=0.2, response_minutes=50, rating_mean=2, updated_at=NOW
    )
    after = made(branch, field)
    assert (before.contractor_ids[0], after.contractor_ids[0]) == (near.id, cheap.id)
    assert after.criteria == ["price"]
    assert explain(Decision.objects.for_job(before.job_ref).get()) == said_before


def test_all_facts_are_logged_also_those_without_a_weight(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    draft = policies.create_draft(
        branch_id=branch.id, weights={"price": 100}, note="Cost first.", user_id=None
    )
    policies.publish(policy_id=draft.id, user_id=None)
    decision = made(branch, [candidate(make_contractor("One"), travel_minutes=33.5)])
    decision.refresh_from_db()
    assert facts_of(decision)["travel_minutes"].tolist() == [33.5]
    assert facts_of(decision)["technicians"].tolist() == [1]


def test_records_and_recent_work_enter(branch: Branch, make_contractor: MakeContractor) -> None:
    known, new = make_contractor("Known"), make_contractor("New")
    record_outcomes(
        [outcome(known, "accepted", value=4) for _ in range(3)]
        + [outcome(known, "declined", value=6), outcome(known, "rating", value=5)]
    )
    refresh_scorecards(at=NOW)
    decision = made(branch, [candidate(known), candidate(new)])
    facts = {
        name: dict(zip(decision.contractor_ids, column.tolist(), strict=True))
        for name, column in facts_of(decision).items()
    }
    means = BranchMeans.objects.get(branch=branch)
    assert facts["accepted_count"] == {known.id: 3, new.id: 0}
    assert facts["recent_jobs"] == {known.id: 3, new.id: 0}
    assert facts["accept_rate"][new.id] == pytest.approx(means.accept_rate)
    assert facts["accept_rate"][known.id] == pytest.approx(known.scorecard.accept_rate)
    assert facts["rating_mean"][new.id] == pytest.approx(means.rating_mean)
    said = {entry.contractor_id: entry for entry in explain(decision)}
    sentence = {part.criterion: part.sentence for part in said[known.id].parts}["fair_share"]
    assert sentence == "3 jobs in the last 14 days; the 2 here average 1.5"


def test_recent_work_is_counted_to_the_moment(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    """Exactly 14 days ago is no longer recent; what lies after ``at`` is not there yet."""
    one = make_contractor("One")
    fortnight, second = timedelta(days=14), timedelta(seconds=1)
    moments = [NOW - fortnight, NOW - fortnight + second, NOW, NOW + second]
    record_outcomes([outcome(one, "accepted", at=moment) for moment in moments])
    decision = made(branch, [candidate(one)])
    assert facts_of(decision)["recent_jobs"].tolist() == [2]


def test_earlier_visits_at_the_same_place_are_known_from_the_log(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    been, new = make_contractor("Been"), make_contractor("New")
    field = [candidate(new), candidate(been)]
    place = "12 Main St, 02215"
    first = made(branch, field, asset=place, at=NOW - timedelta(days=9))
    made(branch, field, asset=place, job_ref=first.job_ref, round_number=2)
    other = made(branch, field, asset="14 Main St, 02215")
    visit = {"job_ref": first.job_ref, "at": NOW - timedelta(days=8)}
    record_outcomes(
        [
            outcome(been, "fixed", **visit),
            outcome(been, "on_time", **visit),
            outcome(new, "no_show", **visit),
            outcome(new, "fixed", job_ref=other.job_ref),
            outcome(been, "fixed", job_ref=first.job_ref, at=NOW + timedelta(seconds=1)),
        ]
    )
    decision = made(branch, field, asset="12 main st  02215")
    assert decision.contractor_ids[0] == been.id
    facts = facts_of(decision)
    assert facts["earlier_visits"].tolist() == [1, 0]
    assert facts["days_since_visit"][0] == 8
    said = {part.criterion: part.sentence for part in explain(decision)[0].parts}
    assert said["continuity"] == (
        "Served this customer or site once, 8 days ago, the only one of 2"
    )
    told = made(branch, [replace(field[0], earlier_visits=3, days_since_visit=1)], asset=place)
    assert facts_of(told)["earlier_visits"].tolist() == [3], "what jobs knows is better"
    assert np.isnan(facts_of(made(branch, field))["earlier_visits"]).all()


def test_a_decision_takes_three_queries_however_many_candidates(
    branch: Branch, make_contractor: MakeContractor, django_assert_num_queries
) -> None:
    policies.ensure_policy(branch_id=branch.id)
    field = [candidate(make_contractor(f"Firm {number}")) for number in range(20)]
    for count in (1, 20):
        with django_assert_num_queries(3):
            made(branch, field[:count])
    with django_assert_num_queries(2):
        made(branch, [])


def test_explaining_takes_one_query(
    branch: Branch, make_contractor: MakeContractor, django_assert_num_queries
) -> None:
    decision = made(branch, [candidate(make_contractor(f"Firm {n}")) for n in range(5)])
    with django_assert_num_queries(1):
        explain(Decision.objects.for_job(decision.job_ref).get())


def test_no_candidates_is_a_decision_too(branch: Branch) -> None:
    decision = made(branch, [], not_eligible={"outside_territory": 12})
    decision = Decision.objects.for_job(decision.job_ref).get()
    assert decision.not_eligible == {"outside_territory": 12}
    assert explain(decision) == []


def test_a_branch_without_a_policy_gets_the_default_one(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    decision = made(branch, [candidate(make_contractor("One"))])
    assert decision.policy == policies.active_policy(branch.id)


def test_other_branches_policies_do_not_matter(
    branch: Branch, make_branch: MakeBranch, make_contractor: MakeContractor
) -> None:
    other = make_branch("chelsea")
    draft = policies.create_draft(
        branch_id=other.id, weights={"price": 1}, note="Theirs.", user_id=None
    )
    policies.publish(policy_id=draft.id, user_id=None)
    decision = made(branch, [candidate(make_contractor("One"))])
    assert decision.policy.branch == branch


def test_the_same_contractor_twice_is_refused(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    one = candidate(make_contractor("One"))
    with pytest.raises(ValueError, match="different number"):
        made(branch, [one, replace(one, travel_minutes=3)])


def test_sixty_candidates_take_a_few_kilobytes(
    branch: Branch, make_contractor: MakeContractor
) -> None:
    field = [candidate(make_contractor(f"Firm {n}"), travel_minutes=n * 1.1) for n in range(60)]
    decision = made(branch, field)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_column_size(d.*) FROM ranking_decision AS d WHERE id = %s", [decision.id]
        )
        (size,) = cursor.fetchone()
    assert size < 8_000


# -- what the database refuses -----------------------------------------------------------------


def test_a_round_is_decided_once(branch: Branch) -> None:
    job = uuid.uuid4()
    made(branch, [], job_ref=job)
    with pytest.raises(IntegrityError, match="one_per_round"), transaction.atomic():
        made(branch, [], job_ref=job)
    made(branch, [], job_ref=job, round_number=2)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE ranking_decision DROP CONSTRAINT ranking_decision_one_per_round"
        )
    made(branch, [], job_ref=job)


def test_a_decision_is_never_changed(branch: Branch) -> None:
    decision = made(branch, [])
    change = "UPDATE ranking_decision SET scores = '{}' WHERE id = %s"
    assert refused(change, decision.id) == "ranking_decision_guard"
    allowed_without("DROP TRIGGER ranking_decision_guard ON ranking_decision", change, decision.id)


@pytest.mark.parametrize(
    "arrays",
    [
        "'{1}', '{}', '{}', '{}', ''",
        "'{1}', '{1}', '{}', '{}', ''",
        "'{1}', '{1}', '{9.5}', '{price}', ''",
    ],
)
def test_arrays_that_do_not_fit_are_refused(branch: Branch, arrays: str) -> None:
    policy = policies.ensure_policy(branch_id=branch.id)
    insert = (
        "INSERT INTO ranking_decision (branch_id, job_ref, round_number, policy_id, made_at,"
        " criteria, contractor_ids, technician_ids, scores, fact_names, facts, context,"
        f" not_eligible) VALUES (%s, gen_random_uuid(), 1, %s, now(), '{{}}', {arrays}, '{{}}',"
        " '{}')"
    )
    assert refused(insert, branch.id, policy.id) == "ranking_decision_arrays_fit"
    allowed_without(
        "ALTER TABLE ranking_decision DROP CONSTRAINT ranking_decision_arrays_fit",
        insert,
        branch.id,
        policy.id,
    )
