"""Drafting and publishing revisions of a branch's weights."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from network.clock import app_now
from network.models import Branch
from ranking.criteria import default_weights
from ranking.errors import PolicyError
from ranking.models import PolicyStatus, RankingPolicy
from ranking.weights import clean_weights

FIRST_NOTE = "The weights every branch starts with."


@transaction.atomic
def ensure_policy(*, branch_id: int) -> RankingPolicy:
    """The branch's live policy; a new branch gets the default weights published as one.

    Safe to call any number of times, also at once.
    """
    live = RankingPolicy.objects.for_branch(branch_id).published().first()
    if live is not None:
        return live
    _lock_branch(branch_id)
    live = RankingPolicy.objects.for_branch(branch_id).published().first()
    if live is not None:
        return live
    now = app_now()
    return RankingPolicy.objects.create(
        branch_id=branch_id,
        revision=_next_revision(branch_id),
        status=PolicyStatus.PUBLISHED,
        weights=clean_weights(default_weights()),
        note=FIRST_NOTE,
        created_at=now,
        published_at=now,
    )


def active_policy(branch_id: int) -> RankingPolicy:
    """The live policy of a branch. Raises PolicyError where none was ever published."""
    live = RankingPolicy.objects.for_branch(branch_id).published().first()
    if live is None:
        raise PolicyError("no-policy", "This branch has no published ranking policy yet.")
    return live


@transaction.atomic
def create_draft(
    *,
    branch_id: int,
    weights: Mapping[str, object],
    note: str = "",
    user_id: int | None,
    copy_of: int | None = None,
) -> RankingPolicy:
    """A new draft with the branch's next revision number; it ranks nothing until published.

    ``copy_of`` is the id of the revision it was started from. Raises PolicyError for unusable
    weights or a revision of another branch.
    """
    cleaned = clean_weights(weights)
    _lock_branch(branch_id)
    if copy_of is not None:
        _own_revision(branch_id, copy_of)
    return RankingPolicy.objects.create(
        branch_id=branch_id,
        revision=_next_revision(branch_id),
        status=PolicyStatus.DRAFT,
        weights=cleaned,
        note=note.strip(),
        copy_of_id=copy_of,
        created_by_id=user_id,
        created_at=app_now(),
    )


@transaction.atomic
def draft_from(*, policy_id: int, user_id: int | None) -> RankingPolicy:
    """A new draft with the weights of any earlier revision; criteria gone since are left out."""
    source = RankingPolicy.objects.filter(id=policy_id).first()
    if source is None:
        raise PolicyError("no-such-policy", "That revision does not exist.")
    known = default_weights().keys()
    return create_draft(
        branch_id=source.branch_id,
        weights={key: value for key, value in source.weights.items() if key in known},
        user_id=user_id,
        copy_of=source.id,
    )


@transaction.atomic
def update_draft(*, policy_id: int, weights: Mapping[str, object], note: str) -> RankingPolicy:
    """Save other weights into a draft. Raises PolicyError when it is no draft any more."""
    cleaned = clean_weights(weights)
    policy = _locked(policy_id)
    if not policy.is_draft:
        raise PolicyError(
            "not-a-draft",
            f"Revision {policy.revision} is published and can no longer change. "
            "Start a new draft from it instead.",
        )
    policy.weights = cleaned
    policy.note = note.strip()
    policy.save(update_fields=["weights", "note"])
    return policy


@transaction.atomic
def publish(*, policy_id: int, user_id: int | None) -> RankingPolicy:
    """Make a draft the branch's live policy; the one before is superseded in the same instant.

    Decisions made from now on use it, cascades under way keep their order. Publishing the live
    policy again changes nothing. Raises PolicyError when the note is missing, when the weights
    are unusable, or when the revision was superseded already.
    """
    policy = _locked(policy_id)
    if policy.status == PolicyStatus.PUBLISHED:
        return policy
    if policy.status == PolicyStatus.SUPERSEDED:
        raise PolicyError(
            "already-superseded",
            f"Revision {policy.revision} was live before. To bring its weights back, start a new "
            "draft from it.",
        )
    if not policy.note:
        raise PolicyError(
            "note-missing", "Say in a few words what changes and why; the history keeps it.", "note"
        )
    clean_weights(policy.weights)
    # first the old one: at no moment may two be live (a unique index refuses it)
    RankingPolicy.objects.for_branch(policy.branch_id).published().update(
        status=PolicyStatus.SUPERSEDED
    )
    policy.status = PolicyStatus.PUBLISHED
    policy.published_at = app_now()
    policy.published_by_id = user_id
    policy.save(update_fields=["status", "published_at", "published_by"])
    return policy


@transaction.atomic
def discard_draft(*, policy_id: int) -> None:
    """Throw a draft away. Raises PolicyError when it was ever live."""
    policy = _locked(policy_id)
    if not policy.is_draft:
        raise PolicyError(
            "not-a-draft", f"Revision {policy.revision} was live: it is history and stays."
        )
    policy.copies.update(copy_of=policy.copy_of_id)
    policy.delete()


def _locked(policy_id: int) -> RankingPolicy:
    """The policy, with its branch locked first: all writers of a branch's policies queue there."""
    branch_id = (
        RankingPolicy.objects.filter(id=policy_id).values_list("branch_id", flat=True).first()
    )
    if branch_id is None:
        raise PolicyError("no-such-policy", "That revision does not exist.")
    _lock_branch(branch_id)
    policy = RankingPolicy.objects.select_for_update().filter(id=policy_id).first()
    if policy is None:
        raise PolicyError("no-such-policy", "That revision does not exist any more.")
    return policy


def _lock_branch(branch_id: int) -> None:
    if not Branch.objects.select_for_update(no_key=True).filter(id=branch_id).exists():
        raise PolicyError("no-such-branch", "That branch does not exist.", "branch")


def _own_revision(branch_id: int, policy_id: int) -> None:
    if not RankingPolicy.objects.for_branch(branch_id).filter(id=policy_id).exists():
        raise PolicyError("no-such-policy", "That revision belongs to another branch.")


def _next_revision(branch_id: int) -> int:
    newest = RankingPolicy.objects.for_branch(branch_id).aggregate(Max("revision"))
    return (newest["revision__max"] or 0) + 1
