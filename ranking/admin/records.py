"""What the machine wrote: decisions with their reasons, outcomes, scorecards. To read only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from network.clock import app_now
from network.models import Contractor, Technician
from ranking.admin.access import BranchAdmin
from ranking.criteria import REGISTRY
from ranking.evidence import outcomes_behind
from ranking.explain import explain, explain_left_out
from ranking.models import BranchMeans, Decision, Outcome, Override, Scorecard


@admin.register(Decision)
class DecisionAdmin(BranchAdmin):
    change_form_template = "admin/ranking/decision/change_form.html"
    list_display = [
        "made_at",
        "branch",
        "job_ref",
        "round_number",
        "revision",
        "candidates",
        "best",
    ]
    list_display_links = ["made_at", "job_ref"]
    list_filter = [("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["branch", "policy"]
    search_fields = ["job_ref"]
    search_help_text = "The whole public id of a job"
    show_full_result_count = False
    ordering = ["-id"]  # as good as by time, and an index has it
    fields = [
        "branch",
        "job_ref",
        "round_number",
        "service_type",
        "client",
        "policy",
        "made_at",
        "fallback",
    ]

    class Media:
        css = {"all": ["ranking/policy.css"]}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By exact id, which the index finds; anything else finds nothing."""
        if not search_term.strip():
            return queryset, False
        try:
            return queryset.filter(job_ref=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description="Policy")
    def revision(self, decision: Decision) -> str:
        return f"Revision {decision.policy.revision}"

    @admin.display(description="Candidates")
    def candidates(self, decision: Decision) -> int:
        return len(decision.contractor_ids)

    @admin.display(description="Best score")
    def best(self, decision: Decision) -> str:
        return f"{decision.scores[0]:.1f}" if decision.scores else "–"

    def render_change_form(
        self,
        request: Any,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        names = Contractor.objects.in_bulk([*obj.contractor_ids, *(obj.left_out_ids or [])])
        people = Technician.objects.in_bulk(obj.technician_ids)
        context.update(
            candidates=[
                {
                    "entry": entry,
                    "contractor": names.get(entry.contractor_id),
                    "technician": people.get(entry.technician_id),
                }
                for entry in explain(obj)
            ],
            left_out=[
                {"entry": entry, "contractor": names.get(entry.contractor_id)}
                for entry in explain_left_out(obj)
            ],
            not_eligible=sorted(
                ((rule.replace("_", " "), count) for rule, count in obj.not_eligible.items()),
                key=lambda pair: -pair[1],
            ),
        )
        return super().render_change_form(request, context, add, change, form_url, obj)


@admin.register(Outcome)
class OutcomeAdmin(BranchAdmin):
    list_display = ["at", "contractor", "kind", "due_to", "value", "job_ref", "folded"]
    list_filter = ["kind", "due_to", "folded", ("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["contractor"]
    search_fields = ["contractor__name"]
    show_full_result_count = False
    ordering = ["-id"]


@admin.register(Override)
class OverrideAdmin(BranchAdmin):
    list_display = ["at", "chosen", "chosen_rank", "how", "reason", "note", "by", "job_ref"]
    list_filter = ["reason", "how", ("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["chosen", "by"]
    search_fields = ["chosen__name"]
    ordering = ["-id"]


@admin.register(Scorecard)
class ScorecardAdmin(BranchAdmin):
    change_form_template = "admin/ranking/scorecard/change_form.html"
    list_display = [
        "contractor",
        "offers_count",
        "accepted",
        "answers_in",
        "rated",
        "fixed_first",
        "on_time",
        "strikes",
        "recent_accepted",
        "updated_at",
    ]
    list_filter = [("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["contractor"]
    search_fields = ["contractor__name"]
    ordering = ["contractor__name"]
    # The sums behind the rates are the machine's own; the outcomes below say it all.
    fields = [
        "contractor",
        "branch",
        "accepted",
        "answers_in",
        "rated",
        "fixed_first",
        "on_time",
        "strikes",
        "recent_accepted",
        "updated_at",
    ]
    readonly_fields = ["accepted", "answers_in", "rated", "fixed_first", "on_time", "strikes"]

    @admin.display(description="Accepted, smoothed", ordering="accept_rate")
    def accepted(self, card: Scorecard) -> str:
        if card.accept_rate is None:
            return "–"
        return f"{card.accepted_count} of {card.offers_count}, {card.accept_rate:.0%}"

    @admin.display(description="Answers in, smoothed", ordering="response_minutes")
    def answers_in(self, card: Scorecard) -> str:
        return "–" if card.response_minutes is None else f"{card.response_minutes:.0f} min"

    class Media:
        css = {"all": ["ranking/policy.css"]}

    @admin.display(description="Fixed at first visit, smoothed", ordering="fix_rate")
    def fixed_first(self, card: Scorecard) -> str:
        if card.fix_rate is None:
            return "–"
        return f"{card.fixed_count} of {card.visits_count}, {card.fix_rate:.0%}"

    @admin.display(description="On time, smoothed", ordering="on_time_rate")
    def on_time(self, card: Scorecard) -> str:
        if card.on_time_rate is None:
            return "–"
        arrivals = card.on_time_count + card.late_count
        return f"{card.on_time_count} of {arrivals}, {card.on_time_rate:.0%}"

    @admin.display(description="Strikes per job, smoothed", ordering="strikes_rate")
    def strikes(self, card: Scorecard) -> str:
        if card.strikes_rate is None:
            return "–"
        return f"{card.strikes_rate:.2f} ({card.commitments_count} jobs)"

    def render_change_form(
        self,
        request: Any,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        labels: dict[str, list[str]] = {}
        for criterion in REGISTRY.values():
            if criterion.outcomes:
                labels.setdefault(criterion.outcomes, []).append(criterion.label)
        now = app_now()
        context["behind"] = [
            {
                "labels": ", ".join(names),
                "entries": outcomes_behind(contractor_id=obj.contractor_id, family=family, at=now),
            }
            for family, names in labels.items()
        ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description="Rating, smoothed", ordering="rating_mean")
    def rated(self, card: Scorecard) -> str:
        if card.rating_mean is None:
            return "–"
        return f"{card.rating_mean:.2f} ({card.rating_count})"


@admin.register(BranchMeans)
class BranchMeansAdmin(BranchAdmin):
    list_display = [
        "branch",
        "accept_rate",
        "response_minutes",
        "rating_mean",
        "fix_rate",
        "on_time_rate",
        "strikes_rate",
        "offers_count",
        "answers_count",
        "rating_count",
        "updated_at",
    ]
    list_select_related = ["branch"]
