"""Words for codes, as dispatchers read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from jobs.models import Offer
from jobs.states import (
    CONTRACTOR_RELEASE_REASONS,
    CancelBy,
    CancelReason,
    DeclineReason,
    EscalationKind,
    OfferStatus,
    ReleaseReason,
    RoundCause,
    VisitResult,
    WithdrawReason,
)
from network import display
from ranking.models.override import OverrideReason

#: Why a contractor was left out: the heading of each group.
RULES = {
    "not_active": "Not active",
    "not_cleared": "Not cleared",
    "outside_territory": "Outside their territory",
    "skill_missing": "Skill missing",
    "skill_level_too_low": "Skill level too low",
    "not_working": "Not working then",
    "fully_booked": "Fully booked in the window",
    "blocked_by_client": "Blocked by the client",
    "refuses_client": "Not for this client, the contractor says",
    "left_out_by_policy": "Left out by a rule of the policy",
    "notice_too_short": "Wants more notice",
    "daily_limit": "Has the visits of that day",
    "gave_it_back": "Gave this job back",
    "said_no": "Said no to this job",
}
SOURCES = {
    "console": "in the console",
    "api": "through the API",
    "import": "by import",
    "sample": "as sample data",
    "simulation": "by the simulation",
    "booking_page": "on the booking page",
    "follow_up": "as the next visit",
}
_VIA = {
    "portal": "in the portal",
    "api": "through the API",
    "phone": "by phone",
    "assigned": "assigned by hand",
    "clock": "by the clock",
    "standby": "as the standby",
    "text": "by text",
    "link": "by the link of a message",
    "proposal": "at a price or time of their own",
}
_REASONS: dict[str, str] = {
    **{str(value): str(label) for value, label in DeclineReason.choices},
    **{str(value): str(label) for value, label in ReleaseReason.choices},
    **{str(value): str(label) for value, label in CancelReason.choices},
    **{
        str(value): str(label)
        for value, label in WithdrawReason.choices
        if value not in ReleaseReason.values
    },
}


def reason(code: str) -> str:
    """A reason in lower case, to stand after a colon or a comma."""
    text = _REASONS.get(code, code.replace("_", " "))
    return text if text.startswith("I ") else text[:1].lower() + text[1:]


def was_taken(code: str) -> bool:
    """Whether a visit ended for a reason that only the branch or the machine gives."""
    return code not in {str(value) for value in CONTRACTOR_RELEASE_REASONS}


def via(code: str) -> str:
    """By which way an answer came."""
    return _VIA.get(code, code)


def rule(code: str) -> str:
    return RULES.get(code, code.replace("_", " ").capitalize())


def cause(code: str) -> str:
    return _label(RoundCause, code)


def result(code: str) -> str:
    return _label(VisitResult, code)


def question(code: str) -> str:
    return _label(EscalationKind, code)


def override(code: str) -> str:
    """Why somebody was passed over, in lower case; '' where nobody was."""
    text = _label(OverrideReason, code) if code else ""
    return text[:1].lower() + text[1:]


def cancelled_by(code: str) -> str:
    return _label(CancelBy, code)


def _label(choices: type, code: str) -> str:
    return str(dict(choices.choices).get(code, code.replace("_", " ")))  # type: ignore[attr-defined]


def possessive(name: str) -> str:
    """``James’s`` and ``Lisa’s``."""
    return f"{name}’s"


def listed(names: list[str]) -> str:
    """``Ann``, ``Ann and Bob``, ``Ann, Bob and Cy``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def took(start: datetime, end: datetime) -> str:
    """How long something took: ``2:45``."""
    return display.countdown((end - start).total_seconds())


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 job``, ``3 jobs``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def left_out(counts: dict[str, int], *, most: int = 3) -> str:
    """``9 outside their territory, 4 skill level too low``: the commonest rules first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{count} {rule(code)[:1].lower()}{rule(code)[1:]}" for code, count in ordered[:most]]
    rest = sum(count for _, count in ordered[most:])
    return ", ".join([*parts, f"{rest} for other reasons"] if rest else parts)


def answers(offers: Iterable[Offer]) -> str:
    """``3 gave no answer, 2 declined (1 too far, 1 too busy)``."""
    listed = list(offers)
    statuses = Counter(offer.status for offer in listed)
    parts = []
    if silent := statuses[OfferStatus.EXPIRED]:
        parts.append(f"{silent} gave no answer")
    if declined := statuses[OfferStatus.DECLINED]:
        why = Counter(reason(o.reason) for o in listed if o.status == OfferStatus.DECLINED)
        details = ", ".join(
            f"{n} {text}" if declined > 1 else text for text, n in why.most_common()
        )
        parts.append(f"{declined} declined ({details})")
    if withdrawn := statuses[OfferStatus.WITHDRAWN]:
        parts.append(f"{withdrawn} withdrawn")
    return ", ".join(parts)
