"""Replaying the decision log under a draft: asked for, run in the background, looked at."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Cast

from network.clock import app_now
from network.queue import DEFAULT, TaskTimeout, enqueue
from ranking.errors import PolicyError
from ranking.fallback import Plan, plan_for
from ranking.fingerprint import fingerprint
from ranking.models import Decision, RankingPolicy, Replay, ReplayStatus
from ranking.querysets import DecisionQuerySet
from ranking.replay.batch import LoggedDecision, build_batch
from ranking.replay.engine import Comparison, Terms
from ranking.replay.figures import figures
from ranking.rules import clean_rules
from ranking.services.policies import LONGEST_DAYS, active_policy
from ranking.weights import usable_weights

log = structlog.get_logger(__name__)

BATCH = 2_000
"""So many decisions are in memory at once: some tens of megabytes."""

RUN_REPLAY = "ranking.tasks.run_replay"
TIMEOUT_SECONDS = 600

Progress = Callable[[int, int], None]


@transaction.atomic
def request_replay(
    *,
    policy_id: int,
    start: datetime,
    end: datetime,
    trade: str = "",
    user_id: int | None,
) -> Replay:
    """Queue a replay of [start, end) under a policy, against the one in force now.

    Raises PolicyError when the period is empty, backwards or too long.
    """
    policy = RankingPolicy.objects.filter(id=policy_id).first()
    if policy is None:
        raise PolicyError("no-such-policy", "That revision does not exist.")
    found = _in_period(policy, start, end, trade)
    count = found.count()
    if not count:
        raise PolicyError(
            "empty-period",
            "No job that this policy would rank was ranked in that period. Choose a longer one"
            + (", or every trade." if trade else "."),
        )
    replay = Replay.objects.create(
        branch_id=policy.branch_id,
        policy=policy,
        against=active_policy(policy.branch_id, *policy.scope),
        digest=fingerprint(policy),
        period_start=start,
        period_end=end,
        trade=trade,
        total=count,
        created_by_id=user_id,
        created_at=app_now(),
    )
    enqueue(DEFAULT, RUN_REPLAY, replay.pk, timeout_seconds=TIMEOUT_SECONDS)
    return replay


def run_replay(*, replay_id: int) -> bool:
    """Run a queued replay and keep its report; False when there is nothing to do any more."""
    if not Replay.objects.filter(id=replay_id, status=ReplayStatus.QUEUED).update(
        status=ReplayStatus.RUNNING
    ):
        return False
    replay = Replay.objects.select_related("policy", "against").get(id=replay_id)
    began = time.monotonic()
    values: dict[str, Any]
    try:
        if fingerprint(replay.policy) != replay.digest:
            raise PolicyError("draft-changed", "The draft has changed meanwhile; run it again.")
        report = compare(
            policy=replay.policy,
            against=replay.against,
            start=replay.period_start,
            end=replay.period_end,
            trade=replay.trade,
            progress=lambda done, total: _keep_progress(replay_id, done, total),
        )
        values = {"status": ReplayStatus.DONE, "result": report, "done": report["read"]}
    except PolicyError as error:
        values = {"status": ReplayStatus.FAILED, "error": error.detail[:400]}
    except TaskTimeout:
        late = "It took too long. Choose a shorter period."
        values = {"status": ReplayStatus.FAILED, "error": late}
        _finish(replay_id, began, values)
        raise
    except Exception:
        log.exception("replay failed", replay=replay_id)
        values = {"status": ReplayStatus.FAILED, "error": "It failed; the site's log says why."}
    _finish(replay_id, began, values)
    return True


def compare(
    *,
    policy: RankingPolicy,
    against: RankingPolicy,
    start: datetime,
    end: datetime,
    trade: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The report of a replay, at once. ``progress`` is told decisions done and in all.

    Where ``against`` can not be used, it is compared with what ranks in its place. Raises
    PolicyError when ``policy`` can not be used, or the period holds no decisions.
    """
    in_force = in_force_for(against)
    live = Terms(in_force.weights, in_force.rules)
    draft = Terms(usable_weights(policy.weights), clean_rules(policy.rules))
    found = _in_period(policy, start, end, trade)
    total = found.count()
    if not total:
        raise PolicyError("empty-period", "No job was ranked in that period. Choose a longer one.")
    draw = any(rule.kind == "newcomers" for rule in [*live.rules, *draft.rules])
    comparison = Comparison()
    read = 0
    for portion in _portions(found):
        comparison.add(build_batch(portion, draw=draw), live, draft)
        read += len(portion)
        if progress is not None:
            progress(read, max(read, total))
    report = figures(comparison)
    return {
        "read": read,
        "without_candidates": read - report["decisions"],
        "fallback": in_force.reason,
        **report,
    }


def in_force_for(against: RankingPolicy) -> Plan:
    """What ranks the jobs of a published revision's scope: itself, if it can be used."""
    wider = RankingPolicy.objects.for_job(against.branch_id, *against.scope).exclude(pk=against.pk)
    return plan_for(against, wider)


def decisions_of(replay: Replay) -> DecisionQuerySet:
    """The decisions that a replay is about."""
    return _in_period(replay.policy, replay.period_start, replay.period_end, replay.trade)


def _in_period(
    policy: RankingPolicy, start: datetime, end: datetime, trade: str
) -> DecisionQuerySet:
    if not start < end:
        raise PolicyError("bad-period", "The period must end after it starts.")
    if (end - start).days > LONGEST_DAYS:
        raise PolicyError("bad-period", f"Choose at most {LONGEST_DAYS} days.")
    found = Decision.objects.ranked_by(policy).made_between(start, end)
    return found.filter(service_type__trade=trade) if trade else found


def _portions(found: DecisionQuerySet) -> Iterator[list[LoggedDecision]]:
    """Decisions in the order of time, some at a time."""
    # Names and contexts repeat: as text they are parsed once each, not once per decision.
    texts = found.annotate(
        names_text=Func(
            F("fact_names"),
            Value(","),
            function="array_to_string",
            output_field=TextField(),
        ),
        context_text=Cast("context", TextField()),
    )
    names: dict[str, tuple[str, ...]] = {}
    contexts: dict[str, dict[str, Any]] = {}
    rows = texts.order_by("made_at", "id").values_list(
        "id",
        "job_ref",
        "round_number",
        "made_at",
        "asset",
        "names_text",
        "contractor_ids",
        "facts",
        "context_text",
        "left_out_ids",
        "left_out_facts",
    )
    portion: list[LoggedDecision] = []
    for row in rows.iterator(chunk_size=BATCH):
        names_text, ids, facts, context_text, out_ids, out_facts = row[5:]
        if names_text not in names:
            names[names_text] = tuple(names_text.split(",")) if names_text else ()
        if context_text not in contexts:
            contexts[context_text] = json.loads(context_text)
        portion.append(
            LoggedDecision(
                id=row[0],
                job_ref=row[1],
                round_number=row[2],
                made_at=row[3],
                asset=row[4],
                fact_names=names[names_text],
                contractor_ids=[*ids, *(out_ids or [])],
                facts=bytes(facts) + bytes(out_facts or b""),
                context=contexts[context_text],
                asked_first=ids[0] if ids else None,
            )
        )
        if len(portion) == BATCH:
            yield portion
            portion = []
    if portion:
        yield portion


def _keep_progress(replay_id: int, done: int, total: int) -> None:
    Replay.objects.filter(id=replay_id).update(done=done, total=total)


def _finish(replay_id: int, began: float, values: dict[str, Any]) -> None:
    Replay.objects.filter(id=replay_id).update(
        finished_at=app_now(), milliseconds=round(1000 * (time.monotonic() - began)), **values
    )
