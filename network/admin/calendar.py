"""Calendar entries: written by offers, bookings and the portal, shown here."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from network.admin.access import BranchModelAdmin
from network.models import CalendarEntry


@admin.register(CalendarEntry)
class CalendarEntryAdmin(BranchModelAdmin):
    list_display = ["technician", "kind", "period", "note", "created_at"]
    list_filter = ["branch", "kind"]
    search_fields = ["technician__name", "source_ref"]
    list_select_related = ["technician"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
