"""Outcomes are recorded once and add up to scorecards, whatever is repeated or interrupted."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from network.models import Branch
from ranking.evidence import (
    HALF_LIFE_DAYS,
    LAST_JOBS,
    LAST_RATINGS,
    WINDOW_DAYS,
    outcomes_behind,
)
from ranking.models import BranchMeans, Outcome, Scorecard
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from ranking.smoothing import (
    DEFAULT_ACCEPT_RATE,
    DEFAULT_RATING,
    DEFAULT_RESPONSE_MINUTES,
    PRIOR_STRENGTH,
    smoothed,
)
from tests.ranking.conftest import NOW, MakeBranch, MakeContractor, outcome
from tests.ranking.test_policies import allowed_without, refused


def test_an_outcome_is_recorded_once(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    accepted = outcome(one, "accepted", value=3)
    assert record_outcomes([accepted, outcome(one, "expired")]) == 2
    assert record_outcomes([replace(accepted, value=99), outcome(one, "declined")]) == 1
    assert record_outcomes([]) == 0
    assert Outcome.objects.get(source_ref=accepted.source_ref).value == 3
    assert Outcome.objects.of_contractor(one.id).count() == 3


def test_whole_numbers_and_others_are_recorded_together(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    rows = [
        outcome(one, "rating", value=5),
        outcome(one, "accepted", value=3.5),
        outcome(one, "fixed"),
    ]
    assert record_outcomes(rows) == 3
    assert list(one.outcomes.order_by("kind").values_list("value", flat=True)) == [3.5, None, 5.0]


def test_recording_many_is_one_statement(
    make_contractor: MakeContractor, django_assert_num_queries
) -> None:
    one = make_contractor("One")
    rows = [outcome(one, "expired") for _ in range(500)]
    with django_assert_num_queries(1):
        assert record_outcomes(rows) == 500


def test_a_scorecard_says_what_happened(make_contractor: MakeContractor, branch: Branch) -> None:
    one = make_contractor("One")
    technician = one.technicians.get()
    record_outcomes(
        [
            outcome(one, "accepted", value=2, technician_id=technician.id),
            outcome(one, "accepted", value=4),
            outcome(one, "accepted", value=30, at=NOW - timedelta(days=20)),
            outcome(one, "declined", value=6),
            outcome(one, "expired"),
            outcome(one, "rating", value=5),
            outcome(one, "rating", value=4),
            outcome(one, "fixed"),
            outcome(one, "needs_another_visit"),
            outcome(one, "on_time"),
            outcome(one, "late"),
            outcome(one, "released_late"),
            outcome(one, "released_early"),
            outcome(one, "no_show"),
        ]
    )
    assert refresh_scorecards(at=NOW) == 14
    card = one.scorecard
    assert (card.branch, card.updated_at) == (branch, NOW)
    assert (card.offers_count, card.accepted_count) == (5, 3)
    assert (card.declined_count, card.expired_count, card.recent_accepted) == (1, 1, 2)
    assert (card.answers_count, card.response_median) == (4, 5)
    assert (card.rating_count, card.rating_average) == (2, 4.5)
    assert (card.visits_count, card.fixed_count) == (2, 1)
    assert (card.on_time_count, card.late_count) == (1, 1)
    assert (card.released_count, card.no_show_count) == (2, 1)
    assert (card.released_early_count, card.released_late_count) == (1, 1)
    assert (card.commitments_count, card.strikes_total) == (5, 0.5 + 1 + 3)


def test_figures_are_smoothed_towards_the_branch(
    make_contractor: MakeContractor, branch: Branch
) -> None:
    willing, unwilling = make_contractor("Willing"), make_contractor("Unwilling")
    record_outcomes(
        [outcome(willing, "accepted", value=2) for _ in range(30)]
        + [outcome(unwilling, "declined", value=20), outcome(unwilling, "rating", value=1)]
    )
    refresh_scorecards(at=NOW)
    means = BranchMeans.objects.get(branch=branch)
    assert means.accept_rate == pytest.approx(
        smoothed(total=30, count=31, prior=DEFAULT_ACCEPT_RATE)
    )
    assert means.response_minutes == pytest.approx(
        smoothed(total=30 * 2 + 20, count=31, prior=DEFAULT_RESPONSE_MINUTES)
    )
    assert means.rating_mean == pytest.approx(smoothed(total=1, count=1, prior=DEFAULT_RATING))
    for card in Scorecard.objects.all():
        assert card.accept_rate == pytest.approx(
            smoothed(total=card.accepted_count, count=card.offers_count, prior=means.accept_rate)
        )
        assert card.response_minutes == pytest.approx(
            smoothed(
                total=card.response_median * card.answers_count,
                count=card.answers_count,
                prior=means.response_minutes,
            )
        )
    assert willing.scorecard.rating_mean == pytest.approx(means.rating_mean)
    # one refusal is far from a zero, thirty acceptances are close to what they say
    assert unwilling.scorecard.accept_rate > 0.8
    assert willing.scorecard.accept_rate > 0.95
    assert PRIOR_STRENGTH == 10, "docs/ranking.md says so"


def test_only_the_last_thirty_jobs_count(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    day = timedelta(days=1)
    record_outcomes(
        [outcome(one, "needs_another_visit", at=NOW - 40 * day) for _ in range(5)]
        + [outcome(one, "no_show", at=NOW - 41 * day), outcome(one, "late", at=NOW - 40 * day)]
        + [outcome(one, "fixed", at=NOW - day) for _ in range(LAST_JOBS - 1)]
    )
    refresh_scorecards(at=NOW)
    card = one.scorecard
    assert (card.visits_count, card.fixed_count) == (LAST_JOBS, LAST_JOBS - 1)
    assert (card.commitments_count, card.no_show_count) == (LAST_JOBS, 0)
    assert card.late_count == 1


def test_only_the_last_hundred_ratings_count(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    record_outcomes(
        [outcome(one, "rating", value=1, at=NOW - timedelta(days=2)) for _ in range(20)]
        + [outcome(one, "rating", value=5) for _ in range(LAST_RATINGS)]
    )
    refresh_scorecards(at=NOW)
    assert (one.scorecard.rating_count, one.scorecard.rating_average) == (LAST_RATINGS, 5)


def test_an_old_outcome_weighs_less_than_a_new_one(make_contractor: MakeContractor) -> None:
    long_ago, lately = make_contractor("Long ago"), make_contractor("Lately")
    old = NOW - timedelta(days=HALF_LIFE_DAYS)
    record_outcomes(
        [
            *(outcome(long_ago, "fixed") for _ in range(6)),
            outcome(long_ago, "needs_another_visit", at=old),
            *(outcome(lately, "fixed", at=old) for _ in range(6)),
            outcome(lately, "needs_another_visit"),
        ]
    )
    refresh_scorecards(at=NOW)
    assert long_ago.scorecard.fix_evidence == pytest.approx(6.5)
    assert lately.scorecard.fix_evidence == pytest.approx(4)
    assert (long_ago.scorecard.fixed_count, lately.scorecard.fixed_count) == (6, 6)
    assert long_ago.scorecard.fix_rate > lately.scorecard.fix_rate
    means = BranchMeans.objects.get()
    assert lately.scorecard.fix_rate == pytest.approx(
        smoothed(total=3, count=4, prior=means.fix_rate)
    )


def test_every_figure_leads_to_its_outcomes(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    record_outcomes(
        [
            outcome(one, "fixed", at=NOW - timedelta(days=HALF_LIFE_DAYS)),
            outcome(one, "needs_another_visit", due_to="parts"),
            outcome(one, "needs_another_visit", at=NOW - timedelta(days=WINDOW_DAYS)),
            outcome(one, "rating", value=5),
            *(outcome(one, "fixed", at=NOW - timedelta(days=100)) for _ in range(LAST_JOBS)),
        ]
    )
    refresh_scorecards(at=NOW)
    behind = outcomes_behind(contractor_id=one.id, family="visits", at=NOW)
    assert [entry.why for entry in behind[:2]] == ["due to the parts", ""]
    assert behind[1].weight == pytest.approx(0.5)
    assert [entry.why for entry in behind[-2:]] == ["", f"older than the last {LAST_JOBS}"]
    assert sum(entry.weight for entry in behind) == pytest.approx(one.scorecard.fix_evidence)
    assert sum(entry.weight > 0 for entry in behind) == one.scorecard.visits_count
    assert outcomes_behind(contractor_id=one.id, family="arrivals", at=NOW) == []


def test_only_what_is_due_to_the_contractor_counts(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    record_outcomes(
        [
            outcome(one, "expired", due_to="system"),
            outcome(one, "no_access", due_to="customer"),
            outcome(one, "needs_another_visit", due_to="parts"),
        ]
    )
    assert refresh_scorecards(at=NOW) == 3
    assert (one.scorecard.offers_count, one.scorecard.visits_count) == (0, 0)


def test_outcomes_older_than_the_window_do_not_count(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    edge = NOW - timedelta(days=WINDOW_DAYS)
    record_outcomes(
        [
            outcome(one, "declined", at=edge),
            outcome(one, "accepted", at=edge + timedelta(seconds=1)),
        ]
    )
    refresh_scorecards(at=NOW)
    assert (one.scorecard.offers_count, one.scorecard.accepted_count) == (1, 1)


def test_without_news_a_card_is_recounted_after_a_day(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    record_outcomes([outcome(one, "accepted", at=NOW - timedelta(days=13, hours=12))])
    refresh_scorecards(at=NOW)
    assert one.scorecard.recent_accepted == 1
    assert refresh_scorecards(at=NOW + timedelta(hours=23)) == 0
    one.scorecard.refresh_from_db()
    assert one.scorecard.updated_at == NOW
    assert refresh_scorecards(at=NOW + timedelta(hours=25)) == 0
    one.scorecard.refresh_from_db()
    assert (one.scorecard.recent_accepted, one.scorecard.offers_count) == (0, 1)


def test_folding_again_changes_nothing(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    record_outcomes([outcome(one, "accepted", value=3), outcome(one, "rating", value=4)])
    refresh_scorecards(at=NOW)
    before = Scorecard.objects.values().get()
    assert refresh_scorecards(at=NOW) == 0
    Outcome.objects.update(folded=False)  # as if a fold had died after its marks were lost
    assert refresh_scorecards(at=NOW) == 2
    assert Scorecard.objects.values().get() == before


def test_it_folds_in_portions(make_contractor: MakeContractor) -> None:
    one, two = make_contractor("One"), make_contractor("Two")
    record_outcomes([outcome(one, "accepted"), outcome(two, "accepted"), outcome(one, "expired")])
    assert [refresh_scorecards(at=NOW, limit=2) for _ in range(3)] == [2, 1, 0]
    assert not Outcome.objects.not_folded().exists()
    assert {card.offers_count for card in Scorecard.objects.all()} == {1, 2}


def test_branches_do_not_mix(
    branch: Branch, make_branch: MakeBranch, make_contractor: MakeContractor
) -> None:
    other = make_branch("chelsea")
    here, there = make_contractor("Here"), make_contractor("There", of=other)
    record_outcomes(
        [outcome(here, "accepted") for _ in range(20)] + [outcome(there, "declined")] * 1
    )
    refresh_scorecards(at=NOW)
    means = {row.branch_id: row.accept_rate for row in BranchMeans.objects.all()}
    assert means[branch.id] > DEFAULT_ACCEPT_RATE > means[other.id]


def test_a_refresh_is_a_handful_of_statements(
    make_contractor: MakeContractor, django_assert_max_num_queries
) -> None:
    for number in range(15):
        one = make_contractor(f"Firm {number}")
        record_outcomes([outcome(one, "accepted") for _ in range(number + 1)])
    with django_assert_max_num_queries(7):  # with the two of the savepoint
        refresh_scorecards(at=NOW)


# -- what the database refuses -----------------------------------------------------------------

INSERT = (
    "INSERT INTO ranking_outcome (branch_id, contractor_id, kind, due_to, value, source_ref,"
    " job_ref, at, folded) VALUES (%s, %s, %s, %s, %s, %s, gen_random_uuid(), now(), false)"
)


@pytest.mark.parametrize(
    ("constraint", "kind", "due_to", "value"),
    [
        ("ranking_outcome_kind_known", "vanished", "contractor", None),
        ("ranking_outcome_due_to_known", "expired", "weather", None),
        ("ranking_outcome_value_in_range", "rating", "contractor", None),
        ("ranking_outcome_value_in_range", "rating", "contractor", 5.5),
        ("ranking_outcome_value_in_range", "accepted", "contractor", -1),
    ],
)
def test_outcomes_that_mean_nothing_are_refused(
    make_contractor: MakeContractor, constraint: str, kind: str, due_to: str, value: object
) -> None:
    one = make_contractor("One")
    row = (one.branch_id, one.id, kind, due_to, value, uuid.uuid4())
    assert refused(INSERT, *row) == constraint
    allowed_without(f"ALTER TABLE ranking_outcome DROP CONSTRAINT {constraint}", INSERT, *row)


def test_one_kind_happens_once_on_one_source(make_contractor: MakeContractor) -> None:
    one = make_contractor("One")
    row = (one.branch_id, one.id, "late", "contractor", None, uuid.uuid4())
    with connection.cursor() as cursor:
        cursor.execute(INSERT, row)
    assert refused(INSERT, *row) == "ranking_outcome_once"
    allowed_without(
        "ALTER TABLE ranking_outcome DROP CONSTRAINT ranking_outcome_once", INSERT, *row
    )


def test_an_outcome_belongs_to_the_contractors_branch(
    make_contractor: MakeContractor, make_branch: MakeBranch
) -> None:
    one = make_contractor("One")
    row = (make_branch("chelsea").id, one.id, "late", "contractor", None, uuid.uuid4())
    name = "ranking_outcome_contractor_of_branch"
    assert refused(INSERT, *row) == name
    allowed_without(f"ALTER TABLE ranking_outcome DROP CONSTRAINT {name}", INSERT, *row)


def test_a_scorecard_belongs_to_the_contractors_branch(
    make_contractor: MakeContractor, make_branch: MakeBranch
) -> None:
    one = make_contractor("One")
    record_outcomes([outcome(one, "accepted")])
    refresh_scorecards(at=NOW)
    change = "UPDATE ranking_scorecard SET branch_id = %s"
    other = make_branch("chelsea").id
    name = "ranking_scorecard_contractor_of_branch"
    assert refused(change, other) == name
    allowed_without(f"ALTER TABLE ranking_scorecard DROP CONSTRAINT {name}", change, other)


def test_a_refresh_that_fails_leaves_nothing_behind(
    make_contractor: MakeContractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_contractor("One")
    record_outcomes([outcome(one, "accepted")])

    def die(*args: object, **kwargs: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("ranking.services.scorecards.recount", die)
        with pytest.raises(RuntimeError, match="killed"), transaction.atomic():
            refresh_scorecards(at=NOW)
    assert Outcome.objects.not_folded().count() == 1
    assert refresh_scorecards(at=NOW) == 1
    assert one.scorecard.accepted_count == 1
