"""The computed remedies of a promise in danger, each as one click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from jobs.console.fixes import Fix, call
from jobs.models import Escalation, Job
from jobs.services.remedies import Remedies
from jobs.states import IN_DANGER, JobStatus, OfferStatus
from network import display
from network.openings import MANY, Opening


def may_be_helped(question: Escalation) -> bool:
    """Whether the question is about a job that nobody has and nobody is being asked for."""
    job = question.job
    return (
        question.kind in IN_DANGER
        and job.status == JobStatus.OFFERING
        # Whoever is being asked at this moment keeps the time to answer.
        and not any(offer.status == OfferStatus.PENDING for offer in job.offers.all())
    )


def fixes_of(
    found: Remedies,
    job: Job,
    url: Callable[[str], str],
    at: datetime,
    others: list[Fix],
    *,
    leads: bool,
) -> list[Fix]:
    """What would help, the mildest first; then ``others``. ``leads``: the first is the main one."""
    fixes: list[Fix] = []
    apply = url("remedy")
    if found.widen is not None:
        far = display.distance(found.widen.km, job.branch.distance_unit)
        fixes.append(
            Fix(
                f"Widen by {far}",
                "map-pin",
                _more(found.widen.adds),
                action=apply,
                fields={"remedy": "widen", "amount": found.widen.km},
            )
        )
    if found.raised is not None:
        amount = display.money(found.raised.amount, job.currency)
        limit = found.raised.limit
        above = f", limit {display.money(limit, job.currency)}" if limit is not None else ""
        fixes.append(
            Fix(
                f"Pay {amount} more",
                "coin",
                f"{_more(found.raised.adds)}{above}",
                action=apply,
                fields={"remedy": "raise", "amount": found.raised.amount},
            )
        )
    if found.relax is not None:
        fixes.append(
            Fix(
                "One skill level below will do",
                "certificate",
                _more(found.relax.adds),
                action=apply,
                fields={"remedy": "relax"},
            )
        )
    if found.windows:
        fixes += _windows(found.windows, job, url, at)
    fixes += [call(one.name, one.phone, hint=f"{one.phone}, {one.why}") for one in found.calls]
    if not fixes:
        return others
    if not leads:
        return [*fixes, *others]
    return [
        replace(fixes[0], main=True),
        *fixes[1:],
        *(replace(one, main=False) for one in others),
    ]


def _more(adds: int) -> str:
    return "+1 contractor" if adds == 1 else f"+{adds} contractors"


def _windows(
    windows: list[Opening], job: Job, url: Callable[[str], str], at: datetime
) -> list[Fix]:
    """To offer all of them to the customer, or to move now when they agreed by phone."""

    def short(one: Opening) -> str:
        text = display.window_short(one.start, one.end, job.time_zone, at)
        return f"today {text}" if text[:1].isdigit() else text

    def value(one: Opening) -> str:
        return f"{one.start.isoformat()}/{one.end.isoformat()}"

    fixes = [
        Fix(
            "Offer the customer other times",
            "calendar-repeat",
            ", ".join(short(one) for one in windows),
            action=url("offer_windows"),
            fields={"windows": ",".join(value(one) for one in windows)},
        )
    ]
    for one in windows:
        many = f"{MANY} or more" if one.free >= MANY else str(one.free)
        fixes.append(
            Fix(
                f"Move to {short(one)}",
                "calendar-plus",
                f"{many} can come",
                action=url("move"),
                fields={"window": value(one), "seen": job.window_start.isoformat()},
            )
        )
    return fixes
