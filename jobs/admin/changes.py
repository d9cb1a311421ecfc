"""What a branch may tune about changes and remedies, and what contractors were paid for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest

from jobs.admin.records import ReadOnly
from jobs.models import ChangePolicy, ContractorFee
from network.admin.access import BranchModelAdmin, admin_branches
from network.models import ServiceType


@admin.register(ChangePolicy)
class ChangePolicyAdmin(BranchModelAdmin):
    """Cut-off, windows offered, fees, and how far remedies go. Without a row: the usual."""

    list_display = [
        "branch", "cutoff_minutes", "late_cancel_fee", "late_move_fee", "widest_km",
    ]  # fmt: skip
    list_select_related = ["branch"]
    filter_horizontal = ["relaxable"]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["queryset"] = ServiceType.objects.filter(branch__in=admin_branches(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["branch"] if obj is not None else []


@admin.register(ContractorFee)
class ContractorFeeAdmin(ReadOnly, BranchModelAdmin):
    """What is owed to contractors because a customer changed late."""

    branch_path = "booking__branch"
    list_display = ["at", "contractor", "kind", "amount", "currency"]
    list_filter = ["kind"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractorFee]:
        found: QuerySet[ContractorFee] = super().get_queryset(request)
        return found.select_related("booking__contractor")

    @admin.display(description="contractor")
    def contractor(self, fee: ContractorFee) -> str:
        return fee.booking.contractor.name
