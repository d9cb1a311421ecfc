"""Revisions: drafted, published, never changed again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from network.models import Branch, Client, ServiceType, User
from ranking.criteria import default_weights
from ranking.errors import PolicyError
from ranking.models import PolicyStatus, RankingPolicy
from ranking.services import policies
from tests.ranking.conftest import NOW, MakeBranch


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("maya@example.com", "secret", name="Maya")


def draft(branch: Branch, **weights: int) -> RankingPolicy:
    return policies.create_draft(
        branch_id=branch.id, weights=weights or {"price": 10}, note="Try it.", user_id=None
    )


def test_a_new_branch_gets_the_default_weights_once(branch: Branch) -> None:
    first = policies.ensure_policy(branch_id=branch.id)
    again = policies.ensure_policy(branch_id=branch.id)
    assert first.id == again.id
    assert (first.revision, first.status) == (1, PolicyStatus.PUBLISHED)
    assert first.weights == default_weights()


def test_publishing_supersedes_the_one_before(branch: Branch, user: User, clock) -> None:
    clock.set(NOW)
    first = policies.ensure_policy(branch_id=branch.id)
    clock.advance(days=2)
    second = draft(branch, price=50)
    assert policies.active_policy(branch.id).id == first.id
    policies.publish(policy_id=second.id, user_id=user.id)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.status == PolicyStatus.SUPERSEDED
    assert (second.revision, second.status) == (2, PolicyStatus.PUBLISHED)
    assert second.published_by == user
    assert second.published_at == NOW + timedelta(days=2)
    assert policies.active_policy(branch.id).id == second.id
    live_then = RankingPolicy.objects.for_branch(branch.id).live_at(NOW + timedelta(days=1))
    assert [policy.id for policy in live_then] == [first.id]


def test_publishing_twice_changes_nothing(branch: Branch, user: User) -> None:
    policy = draft(branch)
    published = policies.publish(policy_id=policy.id, user_id=user.id)
    again = policies.publish(policy_id=policy.id, user_id=None)
    assert again.published_at == published.published_at
    assert again.published_by_id == user.id


def test_publishing_needs_a_note(branch: Branch) -> None:
    policy = policies.create_draft(branch_id=branch.id, weights={"price": 1}, user_id=None)
    with pytest.raises(PolicyError) as refused:
        policies.publish(policy_id=policy.id, user_id=None)
    assert (refused.value.code, refused.value.field) == ("note-missing", "note")


def test_a_superseded_revision_comes_back_only_as_a_new_draft(branch: Branch, user: User) -> None:
    first = policies.ensure_policy(branch_id=branch.id)
    policies.publish(policy_id=draft(branch).id, user_id=None)
    with pytest.raises(PolicyError, match="new draft"):
        policies.publish(policy_id=first.id, user_id=None)
    back = policies.draft_from(policy_id=first.id, user_id=user.id)
    assert (back.revision, back.copy_of, back.weights) == (3, first, first.weights)
    assert back.created_by == user


def test_only_drafts_can_be_edited_or_discarded(branch: Branch) -> None:
    policy = draft(branch)
    edited = policies.update_draft(policy_id=policy.id, weights={"travel_time": 7}, note=" b ")
    assert (edited.weights["travel_time"], edited.weights["price"], edited.note) == (7, 0, "b")
    policies.publish(policy_id=policy.id, user_id=None)
    with pytest.raises(PolicyError, match="no longer change"):
        policies.update_draft(policy_id=policy.id, weights={"price": 1}, note="")
    with pytest.raises(PolicyError, match="history"):
        policies.discard_draft(policy_id=policy.id)


def test_discarding_a_draft_keeps_those_started_from_it(branch: Branch) -> None:
    live = policies.ensure_policy(branch_id=branch.id)
    middle = policies.draft_from(policy_id=live.id, user_id=None)
    last = policies.draft_from(policy_id=middle.id, user_id=None)
    policies.discard_draft(policy_id=middle.id)
    last.refresh_from_db()
    assert last.copy_of == live


def test_a_revision_of_another_branch_is_no_start(branch: Branch, make_branch: MakeBranch) -> None:
    foreign = policies.ensure_policy(branch_id=make_branch("chelsea").id)
    with pytest.raises(PolicyError, match="another branch"):
        policies.create_draft(
            branch_id=branch.id, weights={"price": 1}, user_id=None, copy_of=foreign.id
        )


def test_an_earlier_revision_comes_back_live_as_a_new_one(branch: Branch, user: User) -> None:
    first = policies.ensure_policy(branch_id=branch.id)
    policies.publish(policy_id=draft(branch).id, user_id=None)
    back = policies.return_to(policy_id=first.id, user_id=user.id)
    assert (back.revision, back.status, back.copy_of) == (3, PolicyStatus.PUBLISHED, first)
    assert (back.weights, back.note) == (first.weights, "Back to revision 1.")
    assert back.published_by == user
    assert policies.active_policy(branch.id) == back
    with pytest.raises(PolicyError, match="live already"):
        policies.return_to(policy_id=back.id, user_id=None)
    with pytest.raises(PolicyError, match="only a draft"):
        policies.return_to(policy_id=draft(branch).id, user_id=None)


# -- scopes ------------------------------------------------------------------------------------


@pytest.fixture
def leak(branch: Branch) -> ServiceType:
    return ServiceType.objects.create(
        branch=branch, slug="leak", name="Leak", trade="plumbing", usual_duration_minutes=60
    )


@pytest.fixture
def acme(branch: Branch) -> Client:
    return Client.objects.create(branch=branch, slug="acme", name="Acme")


def live_for(branch: Branch, **scope: int | None) -> RankingPolicy:
    policy = policies.create_draft(
        branch_id=branch.id, weights={"price": 10}, note="Scoped.", user_id=None, **scope
    )
    return policies.publish(policy_id=policy.id, user_id=None)


def test_the_most_specific_live_policy_ranks_a_job(
    branch: Branch, leak: ServiceType, acme: Client
) -> None:
    everywhere = policies.ensure_policy(branch_id=branch.id)
    for_leaks = live_for(branch, service_type_id=leak.id)
    for_acme = live_for(branch, client_id=acme.id)
    assert policies.active_policy(branch.id) == everywhere
    assert policies.active_policy(branch.id, leak.id) == for_leaks
    assert policies.active_policy(branch.id, None, acme.id) == for_acme
    assert policies.active_policy(branch.id, leak.id, acme.id) == for_acme
    for_both = live_for(branch, service_type_id=leak.id, client_id=acme.id)
    assert policies.active_policy(branch.id, leak.id, acme.id) == for_both
    assert [str(p.scope_name) for p in (everywhere, for_leaks, for_acme, for_both)] == [
        "every job",
        "Leak",
        "Acme, every kind of work",
        "Leak for Acme",
    ]
    newer = live_for(branch, service_type_id=leak.id)
    for_leaks.refresh_from_db()
    assert for_leaks.status == PolicyStatus.SUPERSEDED
    assert policies.active_policy(branch.id, leak.id) == newer
    assert policies.active_policy(branch.id) == everywhere


def test_a_scope_of_another_branch_is_refused(
    branch: Branch, leak: ServiceType, make_branch: MakeBranch
) -> None:
    other = make_branch("chelsea")
    with pytest.raises(PolicyError, match="another branch"):
        live_for(other, service_type_id=leak.id)
    insert = (
        "INSERT INTO ranking_rankingpolicy (branch_id, revision, status, weights, note,"
        " created_at, service_type_id) VALUES (%s, 5, 'draft', '{\"price\": 1}', '', now(), %s)"
    )
    assert refused(insert, other.id, leak.id) == "ranking_policy_scope_guard"
    allowed_without(
        "DROP TRIGGER ranking_policy_scope_guard ON ranking_rankingpolicy",
        insert,
        other.id,
        leak.id,
    )


def test_a_draft_keeps_its_scope(branch: Branch, leak: ServiceType) -> None:
    change = f"UPDATE ranking_rankingpolicy SET service_type_id = {leak.id} WHERE id = %s"
    policy = draft(branch)
    assert refused(change, policy.id) == "ranking_policy_guard"
    allowed_without(POLICY_GUARD, change, policy.id)


def test_two_live_policies_for_one_kind_of_work_are_refused(
    branch: Branch, leak: ServiceType
) -> None:
    live_for(branch, service_type_id=leak.id)
    insert = (
        "INSERT INTO ranking_rankingpolicy (branch_id, revision, status, weights, note,"
        " created_at, published_at, service_type_id)"
        " VALUES (%s, 9, 'published', '{\"price\": 1}', '', now(), now(), %s)"
    )
    assert refused(insert, branch.id, leak.id) == "ranking_policy_one_live_per_scope"
    allowed_without("DROP INDEX ranking_policy_one_live_per_scope", insert, branch.id, leak.id)


def test_what_does_not_exist_is_said(db: None) -> None:
    for call in (
        lambda: policies.publish(policy_id=99, user_id=None),
        lambda: policies.discard_draft(policy_id=99),
        lambda: policies.draft_from(policy_id=99, user_id=None),
        lambda: policies.create_draft(branch_id=99, weights={"price": 1}, user_id=None),
        lambda: policies.ensure_policy(branch_id=99),
        lambda: policies.active_policy(99),
    ):
        with pytest.raises(PolicyError):
            call()


# -- what the database refuses, whoever asks ---------------------------------------------------


def refused(sql: str, *values: object) -> str:
    """The name of the constraint (or trigger) that refuses the statement."""

    def attempt() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as error:
        attempt()
    cause = error.value.__cause__
    assert cause is not None
    return cause.diag.constraint_name  # type: ignore[attr-defined]


def allowed_without(drop: str, sql: str, *values: object) -> None:
    """The same statement goes through once the guard is dropped: it was this guard, only."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(drop)
        cursor.execute(sql, values)
        assert cursor.rowcount != 0


POLICY_GUARD = "DROP TRIGGER ranking_policy_guard ON ranking_rankingpolicy"


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE ranking_rankingpolicy SET weights = '{"price": 1}' WHERE id = %s""",
        "UPDATE ranking_rankingpolicy SET note = 'other' WHERE id = %s",
        "UPDATE ranking_rankingpolicy SET published_at = now() WHERE id = %s",
        "UPDATE ranking_rankingpolicy SET status = 'draft', published_at = null WHERE id = %s",
        "UPDATE ranking_rankingpolicy SET status = 'superseded', note = 'x' WHERE id = %s",
        "DELETE FROM ranking_rankingpolicy WHERE id = %s",
    ],
)
def test_a_published_policy_can_not_change(branch: Branch, change: str) -> None:
    policy = policies.ensure_policy(branch_id=branch.id)
    assert refused(change, policy.id) == "ranking_policy_guard"
    allowed_without(POLICY_GUARD, change, policy.id)


def test_a_superseded_policy_can_not_come_back(branch: Branch) -> None:
    policy = policies.ensure_policy(branch_id=branch.id)
    RankingPolicy.objects.filter(id=policy.id).update(status=PolicyStatus.SUPERSEDED)
    change = "UPDATE ranking_rankingpolicy SET status = 'published' WHERE id = %s"
    assert refused(change, policy.id) == "ranking_policy_guard"
    allowed_without(POLICY_GUARD, change, policy.id)


def test_a_draft_is_never_superseded_without_having_been_live(branch: Branch) -> None:
    change = (
        "UPDATE ranking_rankingpolicy SET status = 'superseded', published_at = now() WHERE id = %s"
    )
    policy = draft(branch)
    assert refused(change, policy.id) == "ranking_policy_guard"
    allowed_without(POLICY_GUARD, change, policy.id)


def test_a_draft_keeps_its_number(branch: Branch) -> None:
    change = "UPDATE ranking_rankingpolicy SET revision = 9 WHERE id = %s"
    policy = draft(branch)
    assert refused(change, policy.id) == "ranking_policy_guard"
    allowed_without(POLICY_GUARD, change, policy.id)


INSERT = (
    "INSERT INTO ranking_rankingpolicy (branch_id, revision, status, weights, note, created_at,"
    " published_at) VALUES (%s, %s, %s, %s, '', now(), %s)"
)


def test_one_live_policy_per_scope(branch: Branch) -> None:
    policies.ensure_policy(branch_id=branch.id)
    row = (branch.id, 2, "published", '{"price": 1}', NOW)
    assert refused(INSERT, *row) == "ranking_policy_one_live_per_scope"
    allowed_without("DROP INDEX ranking_policy_one_live_per_scope", INSERT, *row)


def test_revision_numbers_are_unique_in_a_branch(branch: Branch) -> None:
    draft(branch)
    row = (branch.id, 1, "draft", '{"price": 1}', None)
    assert refused(INSERT, *row) == "ranking_policy_revision_unique"
    drop = "ALTER TABLE ranking_rankingpolicy DROP CONSTRAINT ranking_policy_revision_unique"
    allowed_without(drop, INSERT, *row)


@pytest.mark.parametrize(("status", "at"), [("draft", NOW), ("published", None)])
def test_only_what_was_published_has_a_date(branch: Branch, status: str, at: object) -> None:
    row = (branch.id, 1, status, '{"price": 1}', at)
    name = "ranking_policy_published_at_matches_status"
    assert refused(INSERT, *row) == name
    allowed_without(f"ALTER TABLE ranking_rankingpolicy DROP CONSTRAINT {name}", INSERT, *row)


@pytest.mark.parametrize(
    "weights",
    ["[]", "{}", '{"price": 0}', '{"price": 101}', '{"price": -1}', '{"price": "9"}', "7"],
)
def test_weights_out_of_range_are_refused(branch: Branch, weights: str) -> None:
    row = (branch.id, 1, "draft", weights, None)
    name = "ranking_policy_weights_in_range"
    assert refused(INSERT, *row) == name
    allowed_without(f"ALTER TABLE ranking_rankingpolicy DROP CONSTRAINT {name}", INSERT, *row)
