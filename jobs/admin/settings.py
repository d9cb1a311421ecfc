"""What a branch may tune about its cascade."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ManyToManyField
from django.http import HttpRequest

from jobs.models import OfferWindow, Protection
from jobs.states import Priority
from network.admin.access import BranchModelAdmin, admin_branches
from network.models import ServiceType


@admin.register(OfferWindow)
class OfferWindowAdmin(BranchModelAdmin):
    """Minutes to answer, by priority. A priority without a row has the usual minutes.

    Offers that are out keep the deadline they were made with.
    """

    list_display = ["branch", "priority", "minutes"]
    list_filter = [("branch", admin.RelatedOnlyFieldListFilter), "priority"]
    list_editable = ["minutes"]
    list_display_links = ["branch", "priority"]
    list_select_related = ["branch"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["branch", "priority"] if obj is not None else []


class ProtectionForm(forms.ModelForm):
    standby_priorities = forms.MultipleChoiceField(
        choices=Priority.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=Protection._meta.get_field("standby_priorities").help_text,
    )


@admin.register(Protection)
class ProtectionAdmin(BranchModelAdmin):
    """How a branch protects its appointments. A branch without a row has the usual settings."""

    list_display = ["branch", "acts", "rescue_lead_minutes", "standby_priorities", "standby_fee"]
    list_select_related = ["branch"]
    filter_horizontal = ["standby_service_types"]
    form = ProtectionForm

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["queryset"] = ServiceType.objects.filter(branch__in=admin_branches(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["branch"] if obj is not None else []
