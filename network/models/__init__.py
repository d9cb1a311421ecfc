"""The network: who is there, what they can do, where, and when they are free."""

from network.models.branch import Branch, BranchStaff, DistanceUnit, Language, StaffRole
from network.models.calendar import CalendarEntry, EntryKind
from network.models.clearance import (
    Document,
    DocumentKind,
    DocumentState,
    ExpiryWarning,
    Requirement,
)
from network.models.client import Client, ClientContractor, ClientRefusal, ClientRelation
from network.models.clock import DomainClock
from network.models.contractor import Contractor, ContractorStatus, ContractorUser, Tier
from network.models.feed import CalendarFeed
from network.models.history import ContractorEvent
from network.models.imports import ContractorImport, ImportAction, ImportedContractor
from network.models.joining import Application, ApplicationState, Invitation
from network.models.login import TechnicianInvitation
from network.models.notes import ContractorNote, DocumentRequest
from network.models.rates import ClientPrice, RateCard
from network.models.service_choice import ServiceLeftOut
from network.models.skill import ServicePriority, ServiceType, ServiceTypeSkill, Skill
from network.models.technician import Technician, TechnicianSkill, WorkingHours
from network.models.territory import Territory, TerritoryCell, TerritoryKind
from network.models.user import User

__all__ = [
    "Application",
    "ApplicationState",
    "Branch",
    "BranchStaff",
    "CalendarEntry",
    "CalendarFeed",
    "Client",
    "ClientContractor",
    "ClientPrice",
    "ClientRefusal",
    "ClientRelation",
    "Contractor",
    "ContractorEvent",
    "ContractorImport",
    "ContractorNote",
    "ContractorStatus",
    "ContractorUser",
    "DistanceUnit",
    "Document",
    "DocumentKind",
    "DocumentRequest",
    "DocumentState",
    "DomainClock",
    "EntryKind",
    "ExpiryWarning",
    "ImportAction",
    "ImportedContractor",
    "Invitation",
    "Language",
    "RateCard",
    "Requirement",
    "ServiceLeftOut",
    "ServicePriority",
    "ServiceType",
    "ServiceTypeSkill",
    "Skill",
    "StaffRole",
    "Technician",
    "TechnicianInvitation",
    "TechnicianSkill",
    "Territory",
    "TerritoryCell",
    "TerritoryKind",
    "Tier",
    "User",
    "WorkingHours",
]
