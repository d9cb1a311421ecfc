"""Rows that only the machine writes, to read. Jobs are changed in the console, by services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import (
    Booking,
    ClockBeat,
    Escalation,
    Job,
    JobEvent,
    Message,
    Offer,
    Round,
    Standby,
)
from network.admin.access import BranchModelAdmin, SuperuserAdmin

_BRANCH = ("branch", admin.RelatedOnlyFieldListFilter)


class ReadOnly:
    """May be looked at; nothing can be added, changed or deleted here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnly, BranchModelAdmin):
    list_display = [
        "reference", "branch", "service_type", "priority", "status", "window_start", "in_console",
    ]  # fmt: skip
    list_filter = [_BRANCH, "status", "priority", "source"]
    list_select_related = ["branch", "service_type"]
    search_fields = ["reference", "customer_name", "postcode", "external_ref"]
    ordering = ["-id"]

    @admin.display(description="console")
    def in_console(self, job: Job) -> SafeString:
        address = reverse("console:job", kwargs={"branch": job.branch.slug, "job": job.public_id})
        return format_html('<a href="{}">open</a>', address)


@admin.register(Round)
class RoundAdmin(ReadOnly, BranchModelAdmin):
    branch_path = "job__branch"
    list_display = ["job", "number", "cause", "started_at", "finished_at", "candidates"]
    list_filter = ["cause"]
    list_select_related = ["job__branch"]
    search_fields = ["job__reference"]
    ordering = ["-id"]

    @admin.display(description="candidates")
    def candidates(self, one: Round) -> int:
        return len(one.contractor_ids)


@admin.register(Offer)
class OfferAdmin(ReadOnly, BranchModelAdmin):
    list_display = ["made_at", "job", "rank", "contractor", "status", "expires_at", "via", "pay"]
    list_filter = [_BRANCH, "status", "via"]
    list_select_related = ["job", "contractor", "branch"]
    search_fields = ["job__reference", "contractor__name"]
    ordering = ["-id"]


@admin.register(Booking)
class BookingAdmin(ReadOnly, BranchModelAdmin):
    list_display = ["starts_at", "job", "contractor", "technician", "live", "end_kind", "result"]
    list_filter = [_BRANCH, "live", "end_kind", "result"]
    list_select_related = ["job", "contractor", "technician", "branch"]
    search_fields = ["job__reference", "contractor__name"]
    ordering = ["-id"]


@admin.register(Standby)
class StandbyAdmin(ReadOnly, BranchModelAdmin):
    """Who held time for somebody else's visit. A fee is owed where there is a yes."""

    list_display = ["starts_at", "job", "contractor", "status", "answered_at", "fee", "currency"]
    list_filter = [_BRANCH, "status"]
    list_select_related = ["job", "contractor", "branch"]
    search_fields = ["job__reference", "contractor__name"]
    ordering = ["-id"]


@admin.register(JobEvent)
class JobEventAdmin(ReadOnly, BranchModelAdmin):
    list_display = ["at", "job", "sequence", "kind", "actor_kind", "actor_label"]
    list_filter = [_BRANCH, "actor_kind"]
    list_select_related = ["job", "branch"]
    search_fields = ["job__reference"]
    ordering = ["-id"]


@admin.register(Escalation)
class EscalationAdmin(ReadOnly, BranchModelAdmin):
    list_display = ["opened_at", "job", "kind", "closed_at", "resolution", "closed_by"]
    list_filter = [_BRANCH, "kind", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["job", "branch", "closed_by"]
    search_fields = ["job__reference"]
    ordering = ["-id"]


@admin.register(Message)
class MessageAdmin(ReadOnly, BranchModelAdmin):
    list_display = ["created_at", "job", "template", "address", "channel", "status", "attempts"]
    list_filter = [_BRANCH, "status", "template", "recipient_kind"]
    list_select_related = ["job", "branch"]
    search_fields = ["job__reference", "address"]
    ordering = ["-id"]


@admin.register(ClockBeat)
class ClockBeatAdmin(ReadOnly, SuperuserAdmin):
    """Signs of life of the clocks; a rescue is due work that no worker took in time."""

    list_display = ["name", "beat_at", "handed_over", "rescues"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name", "beat_at", "handed_over", "rescues"]
