"""The admin of jobs: what the machine wrote to read, what a branch may tune to edit."""

from jobs.admin.changes import ChangePolicyAdmin, ContractorFeeAdmin
from jobs.admin.records import (
    BookingAdmin,
    ClockBeatAdmin,
    EscalationAdmin,
    JobAdmin,
    JobEventAdmin,
    MessageAdmin,
    OfferAdmin,
    RoundAdmin,
)
from jobs.admin.settings import OfferWindowAdmin, ProtectionAdmin
from jobs.admin.texts import MessageTextAdmin
from jobs.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "BookingAdmin",
    "ChangePolicyAdmin",
    "ClockBeatAdmin",
    "ContractorFeeAdmin",
    "EscalationAdmin",
    "JobAdmin",
    "JobEventAdmin",
    "MessageAdmin",
    "MessageTextAdmin",
    "OfferAdmin",
    "OfferWindowAdmin",
    "ProtectionAdmin",
    "RoundAdmin",
]
