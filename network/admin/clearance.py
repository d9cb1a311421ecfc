"""Requirements are edited here; papers are looked at on the site's own pages and shown here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from network.admin.access import BranchInline, BranchModelAdmin
from network.models import ContractorEvent, Document, Requirement
from network.services.clearance import refresh_clearance, save_requirement


@admin.register(Requirement)
class RequirementAdmin(BranchModelAdmin):
    list_display = ["name", "branch", "kind", "skill", "service_type", "required_from", "active"]
    list_filter = ["branch", "kind", "active"]
    search_fields = ["name"]
    list_select_related = ["branch", "skill", "service_type"]

    def save_model(self, request: HttpRequest, obj: Requirement, form: Any, change: bool) -> None:
        """Saved by the service, which works out everybody's clearance anew."""
        save_requirement(requirement=obj)

    def delete_model(self, request: HttpRequest, obj: Requirement) -> None:
        branch_id = obj.branch_id
        super().delete_model(request, obj)
        refresh_clearance(branch_id=branch_id)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        branch_ids = set(queryset.values_list("branch_id", flat=True))
        super().delete_queryset(request, queryset)
        for branch_id in branch_ids:
            refresh_clearance(branch_id=branch_id)


class ReadOnly:
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Document)
class DocumentAdmin(ReadOnly, BranchModelAdmin):
    branch_path = "contractor__branch"
    list_display = ["contractor", "kind", "requirement", "skill", "expires_on", "state"]
    list_filter = ["contractor__branch", "state", "kind"]
    search_fields = ["contractor__name", "number"]
    list_select_related = ["contractor", "requirement", "skill"]


class ContractorEventInline(ReadOnly, BranchInline):
    model = ContractorEvent
    fields = ["at", "action", "actor", "note"]
    readonly_fields = ["at", "action", "actor", "note"]
    verbose_name_plural = "history"
