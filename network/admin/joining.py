"""Invitations and applications: written by services, shown here."""

from __future__ import annotations

from django.contrib import admin

from network.admin.access import BranchModelAdmin
from network.admin.clearance import ReadOnly
from network.models import Application, Invitation


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, BranchModelAdmin):
    list_display = ["email", "name", "branch", "sent_at", "opened_at", "registered_at"]
    list_filter = ["branch"]
    search_fields = ["email", "name"]
    exclude = ["token_hash"]
    list_select_related = ["branch"]


@admin.register(Application)
class ApplicationAdmin(ReadOnly, BranchModelAdmin):
    branch_path = "contractor__branch"
    list_display = ["contractor", "state", "step", "submitted_at", "reviewed_at", "reason"]
    list_filter = ["contractor__branch", "state"]
    search_fields = ["contractor__name", "contractor__email"]
    list_select_related = ["contractor"]
