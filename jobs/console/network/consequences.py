"""What an action on a contractor would do, said before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.urls import reverse

from jobs.models import Booking, Offer
from jobs.services.preview import NextInLine, next_in_line
from jobs.states import JobStatus, OfferStatus
from network import display
from network.models import Branch, Contractor

#: For so many visits it is worked out who would be next.
LOOKED_UP = 5
#: So many visits are named.
NAMED = 12


@dataclass(frozen=True, slots=True)
class LostVisit:
    """One visit that would go to somebody else."""

    when: str
    title: str
    reference: str
    url: str
    next: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """Counts, and the visits by time. ``kept`` stand whatever is done."""

    headline: str
    visits: list[LostVisit]
    visits_count: int
    offers_count: int
    kept_note: str

    @property
    def more(self) -> int:
        return self.visits_count - len(self.visits)


def if_gone(contractor: Contractor, *, branch: Branch, at: datetime) -> Consequences:
    """When there is no more work for the contractor: suspended or left."""
    return _lost(contractor, branch=branch, at=at, after=None, all_offers=True)


def if_cleared_until(
    contractor: Contractor, until: date | None, *, branch: Branch, at: datetime
) -> Consequences:
    """When clearance ends with that day; None: not cleared at all."""
    after = (
        None if until is None else datetime.combine(until + timedelta(days=1), time(), branch.zone)
    )
    return _lost(contractor, branch=branch, at=at, after=after, all_offers=False)


def if_paused(contractor: Contractor, *, branch: Branch, at: datetime) -> Consequences:
    """A pause stops new offers and touches nothing that stands."""
    visits = Booking.objects.filter(contractor=contractor, live=True).count()
    offers = Offer.objects.open(at=at).filter(contractor=contractor).count()
    standing = [
        _count(number, word) for number, word in ((visits, "visit"), (offers, "offer")) if number
    ]
    return Consequences(
        headline="Nobody else is asked because of this: "
        f"{' and '.join(standing)} stand{'s' if visits + offers == 1 else ''} as before."
        if visits + offers
        else "No visit and no offer stands at the moment.",
        visits=[],
        visits_count=0,
        offers_count=0,
        kept_note="There are no new offers until then.",
    )


def _lost(
    contractor: Contractor,
    *,
    branch: Branch,
    at: datetime,
    after: datetime | None,
    all_offers: bool,
) -> Consequences:
    visits = (
        Booking.objects.filter(
            contractor=contractor,
            live=True,
            job__status__in=[JobStatus.BOOKED, JobStatus.EN_ROUTE],
        )
        .select_related("job__service_type")
        .order_by("starts_at", "pk")
    )
    offers = Offer.objects.filter(contractor=contractor, status=OfferStatus.PENDING)
    if after is not None:
        # Papers hold through the end of their day.
        visits, offers = visits.filter(ends_at__gt=after), offers.filter(ends_at__gt=after)
    named = list(visits[:NAMED])
    count = visits.count() if len(named) == NAMED else len(named)
    withdrawn = offers.count()
    following = next_in_line(
        job_ids=[visit.job_id for visit in named[:LOOKED_UP]], without=[contractor.pk], at=at
    )
    on_site = Booking.objects.filter(
        contractor=contractor, live=True, job__status=JobStatus.ON_SITE
    ).count()
    return Consequences(
        headline=_headline(count, withdrawn),
        visits=[
            LostVisit(
                when=display.window_short(
                    visit.job.window_start, visit.job.window_end, visit.job.time_zone, at
                ),
                title=visit.job.service_type.name,
                reference=visit.job.reference,
                url=reverse(
                    "console:job", kwargs={"branch": branch.slug, "job": visit.job.public_id}
                ),
                next=_next_words(following.get(visit.job_id)),
            )
            for visit in named
        ],
        visits_count=count,
        offers_count=withdrawn,
        kept_note="The visit on site is left to finish."
        if on_site == 1
        else f"{on_site} visits on site are left to finish."
        if on_site
        else "",
    )


def _headline(visits: int, offers: int) -> str:
    if not visits and not offers:
        return "No visit and no offer is touched."
    parts = []
    if visits:
        parts.append(f"{_count(visits, 'visit')} would be re-dispatched")
    if offers:
        parts.append(f"{_count(offers, 'offer')} {'' if visits else 'would be '}withdrawn")
    return ", ".join(parts) + "."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _next_words(following: NextInLine | None) -> str:
    if following is None:
        return "others are asked in turn"
    if not following.count:
        return "nobody can do it: you decide"
    others = (
        f", {following.count} could come"
        if following.count > 1
        else ", the only one who could come"
    )
    return f"{following.name} is next, {display.duration(following.travel_minutes)} away{others}"
