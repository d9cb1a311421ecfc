from jobs.models.access import ApiToken, IdempotencyRecord
from jobs.models.booking import Booking
from jobs.models.changes import ChangePolicy, ContractorFee
from jobs.models.clock import ClockBeat
from jobs.models.customer import CustomerLink, CustomerNote, VisitRating, WindowOffer
from jobs.models.demo_mail import DemoMail
from jobs.models.escalation import Escalation
from jobs.models.event import JobEvent
from jobs.models.job import Job
from jobs.models.message import Message
from jobs.models.messaging import (
    MessagePreference,
    MessageText,
    OfferLink,
    PushSubscription,
    StaffDigest,
)
from jobs.models.offer import Offer
from jobs.models.past import PastRequest
from jobs.models.proposal import Proposal
from jobs.models.round import Round
from jobs.models.settings import OfferWindow, Protection
from jobs.models.standby import Standby

__all__ = [
    "ApiToken",
    "Booking",
    "ChangePolicy",
    "ClockBeat",
    "ContractorFee",
    "CustomerLink",
    "CustomerNote",
    "DemoMail",
    "Escalation",
    "IdempotencyRecord",
    "Job",
    "JobEvent",
    "Message",
    "MessagePreference",
    "MessageText",
    "Offer",
    "OfferLink",
    "OfferWindow",
    "PastRequest",
    "Proposal",
    "Protection",
    "PushSubscription",
    "Round",
    "StaffDigest",
    "Standby",
    "VisitRating",
    "WindowOffer",
]
