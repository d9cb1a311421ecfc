"""Contractors, their people and their territories. Changes with consequences go by services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from network.admin.access import BranchInline, BranchModelAdmin
from network.admin.clearance import ContractorEventInline
from network.errors import NetworkError
from network.models import (
    Contractor,
    ContractorStatus,
    ContractorUser,
    RateCard,
    Technician,
    TechnicianSkill,
    Territory,
    TerritoryKind,
    WorkingHours,
)
from network.services.clearance import refresh_clearance
from network.services.contractors import ALLOWED_STATUS
from network.services.history import note_event
from network.services.territory import (
    preview_polygon_territory,
    preview_radius_territory,
    preview_zip_territory,
    set_polygon_territory,
    set_radius_territory,
    set_zip_territory,
)


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


class RateCardInline(BranchInline):
    model = RateCard


@admin.register(Contractor)
class ContractorAdmin(BranchModelAdmin):
    form = ContractorForm
    list_display = ["name", "branch", "status", "cleared_until", "tier", "hourly_rate"]
    list_filter = ["branch", "status", "tier", "is_simulated"]
    search_fields = ["name", "email", "phone"]
    readonly_fields = ["public_id", "is_simulated"]
    inlines = [TechnicianInline, RateCardInline, ContractorUserInline, ContractorEventInline]
    list_select_related = ["branch"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Everything of a contractor lies in its branch, so it never moves.
        return [*super().get_readonly_fields(request, obj), *(["branch"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Contractor, form: Any, change: bool) -> None:
        """A date of clearance that was typed here is an override, and says by whom it was set."""
        user: Any = request.user
        if "cleared_until" in form.changed_data and obj.cleared_until is not None:
            obj.clearance_override_until = obj.cleared_until
            obj.clearance_override_note = (
                obj.clearance_override_note or f"Set in the admin by {user}."
            )[:300]
        super().save_model(request, obj, form, change)
        if change and "status" in form.changed_data:
            note_event(contractor_id=obj.pk, action=f"status-{obj.status}", actor_id=user.pk)
        if change and {"cleared_until", "clearance_override_until"} & set(form.changed_data):
            note_event(contractor_id=obj.pk, action="clearance-set-by-hand", actor_id=user.pk)
            refresh_clearance(branch_id=obj.branch_id, contractor_ids=[obj.pk])


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


class TerritoryForm(forms.ModelForm):
    """One of three kinds; the fields of the other two are emptied."""

    class Meta:
        model = Territory
        fields = ["contractor", "kind", "latitude", "longitude", "radius_km", "outline", "zips"]
        help_texts = {
            "latitude": "Centre of the radius; worked out for the other kinds.",
            "outline": "Corners of a drawn area: [[latitude, longitude], …].",
            "zips": "Five digits each, separated by commas.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("latitude", "longitude"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        contractor = cleaned.get("contractor") or getattr(self.instance, "contractor", None)
        if self.errors or contractor is None:
            return cleaned
        kind = cleaned["kind"]
        own = {"radius": ("latitude", "longitude", "radius_km"), "polygon": ("outline",)}
        for name in own.get(kind, ("zips",)):
            if cleaned.get(name) in (None, "", []):
                self.add_error(name, "This kind of territory needs it.")
        if self.errors:
            return cleaned
        try:
            if kind == TerritoryKind.RADIUS:
                area, _ = preview_radius_territory(
                    branch=contractor.branch,
                    latitude=cleaned["latitude"],
                    longitude=cleaned["longitude"],
                    radius_km=cleaned["radius_km"],
                )
            elif kind == TerritoryKind.POLYGON:
                area, _ = preview_polygon_territory(
                    branch=contractor.branch, outline=cleaned["outline"]
                )
            else:
                area, _ = preview_zip_territory(branch=contractor.branch, zips=cleaned["zips"])
        except NetworkError as error:
            self.add_error(error.field if error.field in self.fields else None, error.detail)
            return cleaned
        return cleaned | {
            "latitude": area.latitude,
            "longitude": area.longitude,
            "radius_km": area.radius_km,
            "outline": area.outline,
            "zips": area.zips,
        }


@admin.register(Territory)
class TerritoryAdmin(BranchModelAdmin):
    form = TerritoryForm
    list_display = ["contractor", "kind", "radius_km", "latitude", "longitude"]
    list_filter = ["contractor__branch", "kind"]
    search_fields = ["contractor__name"]
    raw_id_fields = ["contractor"]
    list_select_related = ["contractor"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["contractor"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Territory, form: Any, change: bool) -> None:
        """Saved by the service, which writes the cells too."""
        if obj.kind == TerritoryKind.POLYGON:
            saved = set_polygon_territory(
                contractor_id=obj.contractor_id, outline=obj.outline or []
            )
        elif obj.kind == TerritoryKind.ZIPS:
            saved = set_zip_territory(contractor_id=obj.contractor_id, zips=obj.zips or [])
        else:
            assert obj.radius_km is not None, "the form has asked for it"
            saved = set_radius_territory(
                contractor_id=obj.contractor_id,
                latitude=obj.latitude,
                longitude=obj.longitude,
                radius_km=obj.radius_km,
            )
        obj.pk = saved.pk
        obj.branch_id = saved.branch_id
        obj._state.adding = False
