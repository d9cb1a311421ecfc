"""Clients, skills and the kinds of work."""

from __future__ import annotations

from django.contrib import admin

from network.admin.access import BranchInline, BranchModelAdmin
from network.models import (
    Client,
    ClientContractor,
    ClientPrice,
    ClientRefusal,
    ServiceType,
    ServiceTypeSkill,
    Skill,
)


class ClientContractorInline(BranchInline):
    model = ClientContractor
    raw_id_fields = ["contractor"]


class ClientRefusalInline(BranchInline):
    model = ClientRefusal
    raw_id_fields = ["contractor"]
    readonly_fields = ["created_at"]


class ClientPriceInline(BranchInline):
    model = ClientPrice


@admin.register(Client)
class ClientAdmin(BranchModelAdmin):
    list_display = ["name", "slug", "branch", "not_to_exceed"]
    list_filter = ["branch"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ClientContractorInline, ClientRefusalInline, ClientPriceInline]


@admin.register(Skill)
class SkillAdmin(BranchModelAdmin):
    list_display = ["name", "slug", "branch"]
    list_filter = ["branch"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


class ServiceTypeSkillInline(BranchInline):
    model = ServiceTypeSkill


@admin.register(ServiceType)
class ServiceTypeAdmin(BranchModelAdmin):
    list_display = [
        "name",
        "slug",
        "branch",
        "trade",
        "usual_duration_minutes",
        "default_priority",
        "not_to_exceed",
        "active",
    ]
    list_filter = ["branch", "active", "trade", "default_priority"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ServiceTypeSkillInline]
