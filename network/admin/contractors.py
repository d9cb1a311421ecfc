"""Contractors, their people and their territories. Changes with consequences go by services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from network.admin.access import BranchInline, BranchModelAdmin
from network.models import (
    Contractor,
    ContractorStatus,
    ContractorUser,
    Technician,
    TechnicianSkill,
    Territory,
    WorkingHours,
)
from network.services.contractors import ALLOWED_STATUS
from network.services.territory import set_radius_territory


class ContractorForm(forms.ModelForm):
    """Keeps to the moves between statuses that the service allows."""

    def clean_status(self) -> str:
        status = self.cleaned_data["status"]
        before = Contractor.objects.filter(pk=self.instance.pk).values_list("status", flat=True)
        if before and status != before[0] and status not in ALLOWED_STATUS[before[0]]:
            raise forms.ValidationError(
                f"From {ContractorStatus(before[0]).label} a contractor cannot become "
                f"{ContractorStatus(status).label} directly."
            )
        return status


class ContractorUserInline(BranchInline):
    model = ContractorUser
    raw_id_fields = ["user", "technician"]


class TechnicianInline(BranchInline):
    model = Technician
    show_change_link = True


@admin.register(Contractor)
class ContractorAdmin(BranchModelAdmin):
    form = ContractorForm
    list_display = ["name", "branch", "status", "cleared_until", "tier", "hourly_rate"]
    list_filter = ["branch", "status", "tier", "is_simulated"]
    search_fields = ["name", "email", "phone"]
    readonly_fields = ["public_id", "is_simulated"]
    inlines = [TechnicianInline, ContractorUserInline]
    list_select_related = ["branch"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Everything of a contractor lies in its branch, so it never moves.
        return [*super().get_readonly_fields(request, obj), *(["branch"] if obj else [])]


class TechnicianSkillInline(BranchInline):
    model = TechnicianSkill


class WorkingHoursInline(BranchInline):
    model = WorkingHours


@admin.register(Technician)
class TechnicianAdmin(BranchModelAdmin):
    list_display = ["name", "contractor", "branch", "active"]
    list_filter = ["branch", "active"]
    search_fields = ["name", "contractor__name"]
    raw_id_fields = ["contractor"]
    readonly_fields = ["public_id"]
    inlines = [TechnicianSkillInline, WorkingHoursInline]
    list_select_related = ["contractor", "branch"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["contractor"] if obj else [])]


@admin.register(Territory)
class TerritoryAdmin(BranchModelAdmin):
    list_display = ["contractor", "kind", "radius_km", "latitude", "longitude"]
    list_filter = ["contractor__branch"]
    search_fields = ["contractor__name"]
    raw_id_fields = ["contractor"]
    list_select_related = ["contractor"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["contractor"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Territory, form: Any, change: bool) -> None:
        """Saved by the service, which writes the cells too."""
        saved = set_radius_territory(
            contractor_id=obj.contractor_id,
            latitude=obj.latitude,
            longitude=obj.longitude,
            radius_km=obj.radius_km,
        )
        obj.pk = saved.pk
        obj.branch_id = saved.branch_id
        obj._state.adding = False
