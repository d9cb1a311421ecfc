"""What a branch may tune about its cascade."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from jobs.models import OfferWindow
from network.admin.access import BranchModelAdmin


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
