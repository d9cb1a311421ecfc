"""A disputed outcome is neutral until staff decide, and both sides see what was said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from network.models import Contractor, User
from ranking.errors import DisputeError
from ranking.evidence import outcomes_behind
from ranking.models import Dispute, DisputeStatus, Outcome
from ranking.services.disputes import DISPUTE_DAYS, decide_dispute, open_dispute
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.ranking.conftest import NOW, MakeContractor, outcome
from tests.ranking.test_policies import allowed_without, refused


@pytest.fixture
def james(make_contractor: MakeContractor, clock) -> Contractor:
    clock.set(NOW)
    james = make_contractor("James")
    record_outcomes(
        [outcome(james, "fixed") for _ in range(4)] + [outcome(james, "no_show", at=NOW)]
    )
    refresh_scorecards(at=NOW)
    return james


@pytest.fixture
def no_show(james: Contractor) -> Outcome:
    return Outcome.objects.get(kind="no_show")


@pytest.fixture
def maya(db: None) -> User:
    return User.objects.create_user("maya@example.com", "secret", name="Maya")


def card(james: Contractor):
    refresh_scorecards(at=NOW)
    james.scorecard.refresh_from_db()
    return james.scorecard


def dispute(no_show: Outcome, text: str = "I was there, nobody opened.") -> Dispute:
    return open_dispute(
        outcome_id=no_show.id, contractor_id=no_show.contractor_id, text=text, user_id=None
    )


def test_while_disputed_it_counts_neither_for_nor_against(
    james: Contractor, no_show: Outcome
) -> None:
    assert (card(james).no_show_count, card(james).commitments_count) == (1, 5)
    opened = dispute(no_show)
    assert (card(james).no_show_count, card(james).commitments_count) == (0, 4)
    assert card(james).strikes_total == 0
    whys = {
        entry.outcome.kind: entry.why
        for entry in outcomes_behind(contractor_id=james.id, family="commitments", at=NOW)
    }
    assert whys == {"no_show": "disputed, not decided yet", "fixed": ""}
    assert dispute(no_show, "again").text == opened.text


def test_a_rejected_dispute_counts_again(james: Contractor, no_show: Outcome, maya: User) -> None:
    opened = dispute(no_show)
    card(james)
    decided = decide_dispute(
        dispute_id=opened.id, uphold=False, note="The customer waited.", user_id=maya.id
    )
    assert (decided.status, decided.due_to_after) == (DisputeStatus.REJECTED, "contractor")
    assert card(james).no_show_count == 1


def test_an_upheld_dispute_is_due_to_somebody_else(
    james: Contractor, no_show: Outcome, maya: User
) -> None:
    opened = dispute(no_show)
    decide_dispute(
        dispute_id=opened.id,
        uphold=True,
        note="Wrong address.",
        due_to="dispatcher",
        user_id=maya.id,
    )
    no_show.refresh_from_db()
    assert no_show.due_to == "dispatcher"
    assert card(james).no_show_count == 0
    opened.refresh_from_db()
    assert (opened.due_to_before, opened.due_to_after) == ("contractor", "dispatcher")
    assert (opened.decided_by, opened.decided_at) == (maya, NOW)
    again = decide_dispute(dispute_id=opened.id, uphold=True, note="", user_id=None)
    assert again.decision_note == "Wrong address."
    with pytest.raises(DisputeError, match="upheld already"):
        decide_dispute(dispute_id=opened.id, uphold=False, note="No.", user_id=None)


def test_what_can_not_be_disputed_is_said(
    james: Contractor, no_show: Outcome, make_contractor: MakeContractor
) -> None:
    with pytest.raises(DisputeError, match="no such entry"):
        open_dispute(
            outcome_id=no_show.id,
            contractor_id=make_contractor("Lisa").id,
            text="x",
            user_id=None,
        )
    with pytest.raises(DisputeError, match="few words"):
        dispute(no_show, "  ")
    with pytest.raises(DisputeError, match="At most 1000"):
        dispute(no_show, "x" * 1001)
    Outcome.objects.filter(id=no_show.id).update(due_to="customer")
    with pytest.raises(DisputeError, match="nothing to dispute"):
        dispute(no_show)


@pytest.mark.parametrize(("days", "seconds", "allowed"), [(0, 1, True), (0, 0, False)])
def test_an_entry_can_be_disputed_for_thirty_days(
    no_show: Outcome, days: int, seconds: int, allowed: bool
) -> None:
    at = NOW - timedelta(days=DISPUTE_DAYS) + timedelta(seconds=seconds)
    Outcome.objects.filter(id=no_show.id).update(at=at)
    if allowed:
        assert dispute(no_show).status == DisputeStatus.OPEN
    else:
        with pytest.raises(DisputeError, match="30 days"):
            dispute(no_show)


def test_a_decision_needs_a_note_and_somebody_else(no_show: Outcome) -> None:
    opened = dispute(no_show)
    with pytest.raises(DisputeError, match="Say why"):
        decide_dispute(dispute_id=opened.id, uphold=False, note=" ", user_id=None)
    with pytest.raises(DisputeError, match="due instead"):
        decide_dispute(
            dispute_id=opened.id, uphold=True, note="ok", due_to="contractor", user_id=None
        )


DROP = "DROP TRIGGER ranking_dispute_guard ON ranking_dispute"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ranking_dispute SET decision_note = 'other' WHERE id = %s",
        "DELETE FROM ranking_dispute WHERE id = %s",
        "UPDATE ranking_dispute SET text = 'other' WHERE id = %s",
    ],
)
def test_what_was_said_and_decided_stays(no_show: Outcome, change: str) -> None:
    opened = dispute(no_show)
    decide_dispute(dispute_id=opened.id, uphold=False, note="No.", user_id=None)
    assert refused(change, opened.id) == "ranking_dispute_guard"
    allowed_without(DROP, change, opened.id)


def test_a_decision_without_a_note_is_refused_by_the_database(no_show: Outcome) -> None:
    opened = dispute(no_show)
    change = (
        "UPDATE ranking_dispute SET status = 'rejected', decided_at = now(),"
        " due_to_after = 'contractor' WHERE id = %s"
    )
    name = "ranking_dispute_decided_with_note"
    assert refused(change, opened.id) == name
    allowed_without(f"ALTER TABLE ranking_dispute DROP CONSTRAINT {name}", change, opened.id)


def test_an_outcome_is_disputed_once(no_show: Outcome) -> None:
    dispute(no_show)
    copy = (
        "INSERT INTO ranking_dispute (outcome_id, branch_id, status, text, opened_at,"
        " due_to_before, decision_note, due_to_after) SELECT outcome_id, branch_id, status, text,"
        " opened_at, due_to_before, decision_note, due_to_after FROM ranking_dispute"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'ranking_dispute'::regclass"
            " AND contype = 'u'"
        )
        (name,) = cursor.fetchone()
    assert refused(copy) == name
    allowed_without(f"ALTER TABLE ranking_dispute DROP CONSTRAINT {name}", copy)
