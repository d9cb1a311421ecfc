"""States and moves of jobs and offers: the one table that says what may follow what.

Pure data, no ORM. The database enforces finality and consistency (see the
migrations); this table gives the clear error before it comes to that.
"""

from __future__ import annotations

from django.db.models import TextChoices


class JobStatus(TextChoices):
    NEW = "new", "New"  # taken in, not searched for yet
    OFFERING = "offering", "Offering"  # contractors are being asked, or a person must decide
    BOOKED = "booked", "Booked"  # accepted: a technician has a planned start
    EN_ROUTE = "en_route", "On the way"  # the technician reported leaving
    ON_SITE = "on_site", "On site"  # the technician reported arriving
    COMPLETED = "completed", "Done"  # final: the visit ended, with its result
    CANCELLED = "cancelled", "Cancelled"  # final: with who and why


#: A booking stands behind each of these.
LIVE = frozenset({JobStatus.BOOKED, JobStatus.EN_ROUTE, JobStatus.ON_SITE})
#: Nothing changes any more.
FINAL = frozenset({JobStatus.COMPLETED, JobStatus.CANCELLED})
#: Someone is still waiting for something; the job has a ``next_wake_at``.
OPEN = frozenset(JobStatus) - FINAL
#: No contractor stands behind the job yet.
SEARCHING = frozenset({JobStatus.NEW, JobStatus.OFFERING})

#: From each state, the states a job may move to.
MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.NEW: frozenset({JobStatus.OFFERING, JobStatus.CANCELLED}),
    JobStatus.OFFERING: frozenset({JobStatus.BOOKED, JobStatus.CANCELLED}),
    # released or rebooked → offering again, for the same promise
    JobStatus.BOOKED: frozenset(
        {JobStatus.EN_ROUTE, JobStatus.ON_SITE, JobStatus.OFFERING, JobStatus.CANCELLED}
    ),
    JobStatus.EN_ROUTE: frozenset({JobStatus.ON_SITE, JobStatus.OFFERING, JobStatus.CANCELLED}),
    JobStatus.ON_SITE: frozenset({JobStatus.COMPLETED, JobStatus.OFFERING, JobStatus.CANCELLED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


def may_move(current: str, wanted: str) -> bool:
    """Whether a job in ``current`` may move to ``wanted``."""
    return JobStatus(wanted) in MOVES[JobStatus(current)]


class OfferStatus(TextChoices):
    PENDING = "pending", "Asked"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "No answer"
    WITHDRAWN = "withdrawn", "Withdrawn"  # taken back, nobody's fault


class WithdrawReason(TextChoices):
    """Why an offer was taken back; the label ends a sentence to the contractor."""

    CANCELLED = "cancelled", "the job was cancelled"
    NOT_ACTIVE = "not_active", "the contractor is not active"
    NOT_CLEARED = "not_cleared", "the contractor is not cleared through the end of the visit"
    TECHNICIAN_GONE = "technician_gone", "the technician is no longer there"
    SKILL_MISSING = "skill_missing", "the technician no longer has a skill that the job needs"
    SICK = "sick", "the technician is sick"
    TAKEN = "taken", "another contractor was first to accept"
    UNDELIVERABLE = "undeliverable", "the message about it could not be delivered"
    FIRST_IS_BACK = "first_is_back", "the contractor who had the visit has reported in after all"
    MOVED = "moved", "the customer's appointment moved to another time"
    COUNTERED = "countered", "it was answered with a price or time of the contractor's own"
    NOT_AGREED = "not_agreed", "the branch did not take the price or time that was asked for"


class Priority(TextChoices):
    EMERGENCY = "emergency", "Emergency"
    URGENT = "urgent", "Urgent"
    STANDARD = "standard", "Standard"
    LOW = "low", "Low"


#: Minutes a contractor has to answer, until an admin edits them for a branch.
DEFAULT_OFFER_MINUTES: dict[str, int] = {
    Priority.EMERGENCY: 5,
    Priority.URGENT: 15,
    Priority.STANDARD: 60,
    Priority.LOW: 240,
}


class DeclineReason(TextChoices):
    TOO_FAR = "too_far", "Too far"
    TOO_BUSY = "too_busy", "Too busy"
    TIME_DOES_NOT_SUIT = "time_does_not_suit", "The time does not suit"
    PRICE_TOO_LOW = "price_too_low", "The price is too low"
    NOT_MY_KIND_OF_WORK = "not_my_kind_of_work", "I don't do this kind of work"
    CUSTOMER_OR_SITE = "customer_or_site", "The customer or the site"
    OTHER = "other", "Something else"


class ReleaseReason(TextChoices):
    SICK = "sick", "Sick"
    OVERRUN = "overrun", "Another visit overran"
    VEHICLE = "vehicle", "Vehicle trouble"
    DOUBLE_BOOKED = "double_booked", "Double booked"
    OTHER = "other", "Something else"
    # Written by the machine, never offered on a form:
    NOT_ACTIVE = "not_active", "The contractor is no longer active"
    NOT_CLEARED = "not_cleared", "The contractor is no longer cleared"
    TECHNICIAN_GONE = "technician_gone", "The technician is no longer there"
    SKILL_MISSING = "skill_missing", "The technician no longer has a skill that the work needs"
    NOT_CONFIRMED = "not_confirmed", "The visit was not confirmed in time"
    NO_SHOW = "no_show", "Nobody came, and nobody was heard from"
    REASSIGNED = "reassigned", "Given to another contractor by the dispatcher"
    MOVED = "moved", "The customer's appointment moved to a time that does not fit"


#: What a contractor may choose from.
CONTRACTOR_RELEASE_REASONS = (
    ReleaseReason.SICK,
    ReleaseReason.OVERRUN,
    ReleaseReason.VEHICLE,
    ReleaseReason.DOUBLE_BOOKED,
    ReleaseReason.OTHER,
)


#: Why the machine takes a visit away: nobody gave it back, so that the firm may be asked again
#: (another of its technicians, or the same one with papers in order).
LOST_REASONS = (
    ReleaseReason.NOT_ACTIVE,
    ReleaseReason.NOT_CLEARED,
    ReleaseReason.TECHNICIAN_GONE,
    ReleaseReason.SKILL_MISSING,
    ReleaseReason.MOVED,
)


#: Why the machine takes a visit from somebody who was silent: undone when he reports in.
SILENT_REASONS = (ReleaseReason.NOT_CONFIRMED, ReleaseReason.NO_SHOW)


class CancelBy(TextChoices):
    CUSTOMER = "customer", "The customer"
    CLIENT = "client", "The client"
    DISPATCHER = "dispatcher", "The dispatcher"


class CancelReason(TextChoices):
    NO_LONGER_NEEDED = "no_longer_needed", "No longer needed"
    BOOKED_BY_MISTAKE = "booked_by_mistake", "Booked by mistake"
    FOUND_ANOTHER = "found_another", "Found somebody else"
    PRICE = "price", "The price"
    DUPLICATE = "duplicate", "A duplicate"
    NO_CONTRACTOR = "no_contractor", "No contractor could be found"
    OTHER = "other", "Something else"


class VisitResult(TextChoices):
    FIXED = "fixed", "Fixed"
    NEEDS_ANOTHER_VISIT = "needs_another_visit", "Needs another visit"
    NO_ACCESS = "no_access", "No access"


class Because(TextChoices):
    """Why a visit could not finish the work: decides whose first-time fix it was not."""

    CONTRACTOR = "contractor", "More time or another person is needed"
    PARTS = "parts", "A part is missing"
    CUSTOMER = "customer", "The customer could not let it be finished"


class AnswerVia(TextChoices):
    """By which way an offer was answered or closed."""

    PORTAL = "portal", "in the portal"
    API = "api", "through the API"
    PHONE = "phone", "by phone, recorded by the dispatcher"
    ASSIGNED = "assigned", "assigned by the dispatcher"
    CLOCK = "clock", "by the clock"
    STANDBY = "standby", "as the standby"
    TEXT = "text", "by text"
    LINK = "link", "by the link and code of a message"
    PROPOSAL = "proposal", "after a price or time of their own"


class EscalationKind(TextChoices):
    """Questions the machine puts to the dispatcher."""

    NO_CANDIDATES = "no_candidates", "Nobody can do this"
    EVERYONE_ASKED = "everyone_asked", "Nobody left to ask"
    NO_CHECK_IN = "no_check_in", "Visit not started"
    NOT_FINISHED = "not_finished", "Visit not finished"
    NEEDS_ANOTHER_VISIT = "needs_another_visit", "Needs another visit"
    NO_ACCESS = "no_access", "No access"
    DISPATCH_FAILED = "dispatch_failed", "The machine could not go on"
    RANKING_FELL_BACK = "ranking_fell_back", "The ranking policy cannot be used"
    # The machine took the visit from a contractor who was silent and asks others by itself; it is
    # told so that somebody may call. Known (``data``): contractor, contractor_phone, technician,
    # expected (when the visit was due, iso), round, cause ("no_show" or "not_confirmed").
    # Settled when somebody accepts or the contractor reports in.
    PRESUMED_NO_SHOW = "presumed_no_show", "Nobody heard from; others are being asked"
    # Somebody reported in for a visit that is another contractor's by now. Both were told that it
    # is the substitute's. Known: contractor, contractor_phone, substitute, substitute_phone.
    LATE_CHECK_IN = "late_check_in", "Two contractors for one visit"
    # Protection is switched off and the visit has lost its contractor: nobody is asked until a
    # person says so. Known: contractor, reason (a ReleaseReason), round (the last one).
    DROPPED = "dropped", "Visit without a contractor"
    # The customer wants a change after the cut-off. Known: note; for a move window_start and
    # window_end (iso); for a cancellation reason (a CancelReason).
    MOVE_ASKED = "move_asked", "The customer asks to move"
    CANCEL_ASKED = "cancel_asked", "The customer asks to cancel"
    # A contractor answered with a price above the limit, or a time outside the window. Known:
    # contractor, contractor_phone, pay, offered, limit, currency, starts_at (iso or null), note,
    # offer (public id), until (iso), next (up to three names of who would be asked instead).
    COUNTER_OFFER = "counter_offer", "A price or time of their own"


#: Nobody has the visit, and the machine does not know whom to ask: the promise may not be kept.
IN_DANGER = frozenset(
    {EscalationKind.NO_CANDIDATES, EscalationKind.EVERYONE_ASKED, EscalationKind.DROPPED}
)
#: Questions about the branch and not about the job they were noticed at: what happens to that
#: job does not settle them.
OF_THE_BRANCH = frozenset({EscalationKind.RANKING_FELL_BACK})


class RoundCause(TextChoices):
    """Why a search for a contractor began."""

    FIRST = "first", "first search"
    RELEASED = "released", "the contractor gave the visit back"
    REASSIGNED = "reassigned", "the dispatcher asked to rebook"
    CONTRACTOR_LOST = "contractor_lost", "the contractor is no longer available"
    SEARCH_AGAIN = "search_again", "the dispatcher searched again"
    ASSIGNED = "assigned", "the dispatcher assigned by hand"
    NOT_CONFIRMED = "not_confirmed", "the visit was not confirmed in time"
    NO_SHOW = "no_show", "nobody came and nobody was heard from"
    STANDBY = "standby", "the standby stepped in"
    MOVED = "moved", "the appointment moved"
    REMEDY = "remedy", "the dispatcher widened the search"
    ANOTHER_TRY = "another_try", "nobody had said yes, and there was time to ask again"


#: Searches that begin because a contractor was silent: undone when the contractor reports in.
RESCUES = frozenset({RoundCause.NOT_CONFIRMED, RoundCause.NO_SHOW})


class StandbyStatus(TextChoices):
    """What has become of the runner-up who holds the time of a booked visit."""

    ASKED = "asked", "Asked"
    STANDING = "standing", "On standby"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "No answer"
    STEPPED_IN = "stepped_in", "Took over"
    RELEASED = "released", "Released"  # the first checked in, or the visit is gone


#: The time is held in the calendar.
HOLDING = frozenset({StandbyStatus.ASKED, StandbyStatus.STANDING})
