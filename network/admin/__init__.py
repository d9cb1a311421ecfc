"""The admin of the network."""

from network.admin.calendar import CalendarEntryAdmin
from network.admin.clearance import DocumentAdmin, RequirementAdmin
from network.admin.contractors import ContractorAdmin, TechnicianAdmin, TerritoryAdmin
from network.admin.imports import ContractorImportAdmin
from network.admin.joining import ApplicationAdmin, InvitationAdmin
from network.admin.people import BranchAdmin, UserAdmin
from network.admin.work import ClientAdmin, ServiceTypeAdmin, SkillAdmin

__all__ = [
    "ApplicationAdmin",
    "BranchAdmin",
    "CalendarEntryAdmin",
    "ClientAdmin",
    "ContractorAdmin",
    "ContractorImportAdmin",
    "DocumentAdmin",
    "InvitationAdmin",
    "RequirementAdmin",
    "ServiceTypeAdmin",
    "SkillAdmin",
    "TechnicianAdmin",
    "TerritoryAdmin",
    "UserAdmin",
]
