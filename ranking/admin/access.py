"""Who sees what of ranking in the admin: a branch's admins their branch, superusers all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from network.admin.access import own_branch_ids


class BranchAdmin(admin.ModelAdmin):
    """Rows of the user's own branches, to look at only. The role in the branch is the permission:
    Django's own permission tables are not asked, so there is one place that says who may what.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        return queryset.filter(branch_id__in=own_branch_ids(request))

    def is_own(self, request: HttpRequest, obj: Model | None) -> bool:
        """Without a row: whether there is any branch whose ranking is the user's to see."""
        if obj is None:
            return bool(own_branch_ids(request))
        return obj.branch_id in own_branch_ids(request)  # type: ignore[attr-defined]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.is_own(request, None)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_own(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
