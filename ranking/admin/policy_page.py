"""What the page of one revision shows: weights with their shares, rules, scope, history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.forms import BoundField
from django.http import HttpRequest

from ranking.admin.forms import PolicyForm, WhichForm, field_name
from ranking.admin.rule_fields import contractor_names
from ranking.criteria import REGISTRY, Criterion
from ranking.errors import PolicyError
from ranking.history import summary
from ranking.models import PolicyStatus, RankingPolicy
from ranking.rules import KINDS, clean_rules
from ranking.services.replays import in_force_for
from ranking.weights import shares

TONES = {
    PolicyStatus.DRAFT: "is-warn",
    PolicyStatus.PUBLISHED: "is-good",
    PolicyStatus.SUPERSEDED: "is-quiet",
}
HISTORY_LENGTH = 30


@dataclass(frozen=True, slots=True)
class WeightRow:
    """One criterion on the page; ``field`` only where it can be edited."""

    criterion: Criterion
    value: Any
    share: float
    live: float | None
    field: BoundField | None

    @property
    def percent(self) -> str:
        return f"{self.share * 100:.1f}"

    @property
    def is_changed(self) -> bool:
        return self.live is not None and _number(self.value) != self.live


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of the history."""

    policy: RankingPolicy
    changes: str
    tone: str


def weight_rows(
    form: PolicyForm | None, policy: RankingPolicy | None, live: RankingPolicy | None
) -> list[WeightRow]:
    fields = {key: form[field_name(key)] for key in REGISTRY} if form is not None else {}
    stored = policy.weights if policy is not None and policy.pk else {}
    values = {key: fields[key].value() if key in fields else stored.get(key, 0) for key in REGISTRY}
    parts = shares({key: _number(value) for key, value in values.items()})
    shows_live = live is not None and policy is not None and live.pk != policy.pk
    return [
        WeightRow(
            criterion=criterion,
            value=values[key],
            share=parts[key],
            live=live.weights.get(key, 0) if shows_live and live is not None else None,
            field=fields.get(key),
        )
        for key, criterion in REGISTRY.items()
    ]


def _number(value: Any) -> float:
    """What was typed, as a number; 0 while it is none (its field says so)."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if 0 <= number <= 100 else 0.0


def rule_lines(policy: RankingPolicy) -> list[tuple[str, str]]:
    """Kind and words of each rule; a rule that no longer exists says so."""
    names = contractor_names(policy.rules)
    lines = []
    for stored in policy.rules:
        try:
            (rule,) = clean_rules([stored])
        except PolicyError as error:
            lines.append(("Unusable", error.detail))
            continue
        lines.append((KINDS[rule.kind], rule.says(names)))
    return lines


def which(request: HttpRequest, policy: RankingPolicy) -> dict[str, Any]:
    """The question which policy would apply to a job, and its answer once it was asked."""
    asked = "which" in request.GET
    form = WhichForm(request.GET if asked else None, branch_id=policy.branch_id)
    fitting: list[RankingPolicy] = []
    if asked and form.is_valid():
        kind, payer = form.cleaned_data["kind"], form.cleaned_data["payer"]
        fitting = list(
            RankingPolicy.objects.for_job(
                policy.branch_id, kind.pk if kind else None, payer.pk if payer else None
            ).select_related("branch", "service_type", "client")
        )
    problem = problem_of(fitting[0]) if fitting else ""
    return {"form": form, "fitting": fitting, "asked": asked, "problem": problem}


def problem_of(policy: RankingPolicy) -> str:
    """Why a published revision does not rank, and what does in its place; empty when it does."""
    return in_force_for(policy).reason


def history(policy: RankingPolicy) -> list[Revision]:
    """The scope's revisions, newest first, each against the one it was started from."""
    revisions: QuerySet[RankingPolicy] = (
        RankingPolicy.objects.for_branch(policy.branch_id)
        .in_scope(*policy.scope)
        .select_related("created_by", "published_by", "copy_of")
        .order_by("-revision")[:HISTORY_LENGTH]
    )
    return [
        Revision(
            policy=revision,
            changes=_changes(revision.copy_of, revision) if revision.copy_of else "",
            tone=TONES[PolicyStatus(revision.status)],
        )
        for revision in revisions
    ]


def _changes(source: RankingPolicy, revision: RankingPolicy) -> str:
    """'Price 10 → 40; other rules (against 14)'."""
    rules = "" if source.rules == revision.rules else "; other rules"
    return f"{summary(source.weights, revision.weights)}{rules} (against {source.revision})"
