"""Drafting and publishing revisions of weights and rules, for a branch or a part of its work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from network.clock import app_now
from network.models import Branch, Client, Contractor, ServiceType
from ranking.criteria import default_weights
from ranking.errors import PolicyError
from ranking.fingerprint import fingerprint
from ranking.models import Decision, PolicyStatus, RankingPolicy, Replay, ReplayStatus
from ranking.rules import Rule, clean_rules, usable_rules
from ranking.weights import clean_weights, usable_weights

REPLAY_FROM = 100
"""From this many decisions on in its scope, a draft is published after a look at a replay."""

LONGEST_DAYS = 366
"""So far back can a replay look."""

FIRST_NOTE = "The weights every branch starts with."


@transaction.atomic
def ensure_policy(*, branch_id: int) -> RankingPolicy:
    """The branch's live policy; a new branch gets the default weights published as one.

    Safe to call any number of times, also at once.
    """
    live = live_in_scope(branch_id)
    if live is not None:
        return live
    _lock_branch(branch_id)
    live = live_in_scope(branch_id)
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


def live_in_scope(
    branch_id: int, service_type_id: int | None = None, client_id: int | None = None
) -> RankingPolicy | None:
    """The live revision of exactly this scope, if there is one."""
    return (
        RankingPolicy.objects.for_branch(branch_id)
        .in_scope(service_type_id, client_id)
        .published()
        .first()
    )


def active_policy(
    branch_id: int, service_type_id: int | None = None, client_id: int | None = None
) -> RankingPolicy:
    """The policy that ranks such a job: the most specific live one.

    Raises PolicyError where none was ever published.
    """
    live = (
        RankingPolicy.objects.for_job(branch_id, service_type_id, client_id)
        .select_related("branch", "service_type", "client")
        .first()
    )
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
    rules: Sequence[Mapping[str, Any]] = (),
    service_type_id: int | None = None,
    client_id: int | None = None,
) -> RankingPolicy:
    """A new draft with the branch's next revision number; it ranks nothing until published.

    ``copy_of`` is the id of the revision it was started from; ``service_type_id`` and
    ``client_id`` are its scope (None: every one). Raises PolicyError for unusable weights or
    rules, or for what belongs to another branch.
    """
    cleaned = clean_weights(weights)
    cleaned_rules = _own_rules(branch_id, rules)
    _lock_branch(branch_id)
    _own_scope(branch_id, service_type_id, client_id)
    if copy_of is not None:
        _own_revision(branch_id, copy_of)
    return RankingPolicy.objects.create(
        branch_id=branch_id,
        revision=_next_revision(branch_id),
        status=PolicyStatus.DRAFT,
        weights=cleaned,
        rules=[rule.as_json() for rule in cleaned_rules],
        service_type_id=service_type_id,
        client_id=client_id,
        note=note.strip(),
        copy_of_id=copy_of,
        created_by_id=user_id,
        created_at=app_now(),
    )


@transaction.atomic
def draft_from(*, policy_id: int, user_id: int | None) -> RankingPolicy:
    """A new draft with the weights, rules and scope of any earlier revision.

    Criteria and rules gone since are left out; where no weight is left, it starts with the weights
    of a new branch.
    """
    source = RankingPolicy.objects.filter(id=policy_id).first()
    if source is None:
        raise PolicyError("no-such-policy", "That revision does not exist.")
    first = default_weights()
    kept = {key: value for key, value in source.weights.items() if key in first}
    return create_draft(
        branch_id=source.branch_id,
        weights=kept if any(kept.values()) else first,
        user_id=user_id,
        copy_of=source.id,
        rules=[rule.as_json() for rule in usable_rules(source.rules)],
        service_type_id=source.service_type_id,
        client_id=source.client_id,
    )


@transaction.atomic
def return_to(*, policy_id: int, user_id: int | None) -> RankingPolicy:
    """Bring an earlier revision back at once: a new revision with its weights and rules, live.

    Asks for no replay, because this revision has been live and a way back must be quick. Raises
    PolicyError when it was never live, or is live already, or can not be used any more.
    """
    source = _locked(policy_id)
    if source.status != PolicyStatus.SUPERSEDED:
        raise PolicyError(
            "not-superseded",
            f"Revision {source.revision} is "
            + ("live already." if source.status == PolicyStatus.PUBLISHED else "only a draft."),
        )
    draft = create_draft(
        branch_id=source.branch_id,
        weights=usable_weights(source.weights),
        note=f"Back to revision {source.revision}.",
        user_id=user_id,
        copy_of=source.id,
        rules=source.rules,
        service_type_id=source.service_type_id,
        client_id=source.client_id,
    )
    return _make_live(draft, user_id)


@transaction.atomic
def update_draft(
    *,
    policy_id: int,
    weights: Mapping[str, object],
    note: str,
    rules: Sequence[Mapping[str, Any]] | None = None,
) -> RankingPolicy:
    """Save other weights and rules (None: as they are) into a draft.

    Raises PolicyError when it is no draft any more.
    """
    cleaned = clean_weights(weights)
    policy = _locked(policy_id)
    if rules is not None:
        policy.rules = [rule.as_json() for rule in _own_rules(policy.branch_id, rules)]
    if not policy.is_draft:
        raise PolicyError(
            "not-a-draft",
            f"Revision {policy.revision} is published and can no longer change. "
            "Start a new draft from it instead.",
        )
    policy.weights = cleaned
    policy.note = note.strip()
    policy.save(update_fields=["weights", "rules", "note"])
    return policy


@transaction.atomic
def publish(*, policy_id: int, user_id: int | None, replay_id: int | None = None) -> RankingPolicy:
    """Make a draft its scope's live policy; the one before is superseded in the same instant.

    Decisions made from now on use it, cascades under way keep their order. Publishing the live
    policy again changes nothing. ``replay_id`` is the replay that was looked at; once the scope
    has ``REPLAY_FROM`` decisions, there must be one of exactly this draft. Raises PolicyError
    when it or the note is missing, when the weights are unusable, or when the revision was
    superseded already.
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
    seen = replay_of(policy, replay_id) if replay_id is not None else None
    if seen is None and needs_replay(policy):
        raise PolicyError(
            "replay-missing",
            "Look at a replay of exactly this draft first: it shows what the change would have "
            "done to the jobs of the last weeks.",
        )
    policy.replay_seen = seen
    return _make_live(policy, user_id)


def needs_replay(policy: RankingPolicy) -> bool:
    """Whether publishing asks for a look at a replay: there is enough to replay it on.

    Only decisions count that a replay of it would read, or some draft could never be published.
    """
    since = app_now() - timedelta(days=LONGEST_DAYS)
    decided = Decision.objects.ranked_by(policy).filter(made_at__gt=since)
    return decided[:REPLAY_FROM].count() >= REPLAY_FROM


def replay_of(policy: RankingPolicy, replay_id: int | None = None) -> Replay | None:
    """The newest finished replay (or the one asked for) of exactly this draft, as it is now."""
    found = policy.replays.filter(status=ReplayStatus.DONE, digest=fingerprint(policy))
    if replay_id is not None:
        found = found.filter(id=replay_id)
    return found.order_by("-id").first()


def _make_live(policy: RankingPolicy, user_id: int | None) -> RankingPolicy:
    """Publish a draft whose branch is locked."""
    usable_weights(policy.weights)
    clean_rules(policy.rules)
    # first the old one: at no moment may two be live (a unique index refuses it)
    RankingPolicy.objects.for_branch(policy.branch_id).in_scope(*policy.scope).published().update(
        status=PolicyStatus.SUPERSEDED
    )
    policy.status = PolicyStatus.PUBLISHED
    policy.published_at = app_now()
    policy.published_by_id = user_id
    policy.save(update_fields=["status", "published_at", "published_by", "replay_seen"])
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


def _own_scope(branch_id: int, service_type_id: int | None, client_id: int | None) -> None:
    for model, key in ((ServiceType, service_type_id), (Client, client_id)):
        if key is not None and not model.objects.filter(id=key, branch_id=branch_id).exists():
            name = str(model._meta.verbose_name)
            raise PolicyError("foreign-scope", f"That {name} belongs to another branch.")


def _own_rules(branch_id: int, rules: Sequence[Mapping[str, Any]]) -> list[Rule]:
    cleaned = clean_rules(rules)
    named = {one for rule in cleaned for one in rule.contractors}
    known = Contractor.objects.filter(branch_id=branch_id, id__in=named) if named else None
    if known is not None and known.count() < len(named):
        raise PolicyError(
            "unknown-contractor",
            "A rule names a contractor that this branch does not have.",
            "rules",
        )
    return cleaned


def _next_revision(branch_id: int) -> int:
    newest = RankingPolicy.objects.for_branch(branch_id).aggregate(Max("revision"))
    return (newest["revision__max"] or 0) + 1
