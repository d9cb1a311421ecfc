"""What ranking reads about a contractor, as the contractor sees it: figures, outcomes, disputes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from jobs.models import Booking, Job, Offer
from network import display
from network.models import Branch
from portal.access import Acting
from portal.work import PublicWork, public_work
from ranking.evidence import Counted, is_disputed, outcomes_behind
from ranking.models import BranchMeans, DueTo, Outcome, OutcomeKind, Scorecard
from ranking.services.disputes import DISPUTE_DAYS, may_dispute
from ranking.smoothing import FEW, Means
from ranking.trend import FIGURES, Figure, trend
from ranking.trend_plot import Plot, Reading, plot

#: How an outcome reads to whom it happened. Icon, tone, words.
KINDS: dict[str, tuple[str, str, str]] = {
    OutcomeKind.ACCEPTED: ("check", "good", "You said yes"),
    OutcomeKind.DECLINED: ("x", "bad", "You said no"),
    OutcomeKind.EXPIRED: ("bell-off", "quiet", "No answer"),
    OutcomeKind.FIXED: ("circle-check", "good", "Fixed at the first visit"),
    OutcomeKind.NEEDS_ANOTHER_VISIT: ("repeat", "warn", "Another visit needed"),
    OutcomeKind.NO_ACCESS: ("door", "quiet", "Nobody let you in"),
    OutcomeKind.RELEASED_EARLY: ("arrow-back-up", "warn", "Given back in good time"),
    OutcomeKind.RELEASED_LATE: ("arrow-back-up", "bad", "Given back late"),
    OutcomeKind.NO_SHOW: ("clock-off", "bad", "No show"),
    OutcomeKind.ON_TIME: ("clock", "good", "On time"),
    OutcomeKind.LATE: ("clock-off", "bad", "Late"),
    OutcomeKind.RATING: ("star", "good", "Rated"),
}
#: What pulls a figure down, so that it can be disputed from beside the figure.
AGAINST = frozenset(
    {
        OutcomeKind.DECLINED,
        OutcomeKind.EXPIRED,
        OutcomeKind.NEEDS_ANOTHER_VISIT,
        OutcomeKind.RELEASED_EARLY,
        OutcomeKind.RELEASED_LATE,
        OutcomeKind.NO_SHOW,
        OutcomeKind.LATE,
    }
)
POOR_RATING = 3.0
_DUE_TO = {
    DueTo.CONTRACTOR: "you",
    DueTo.CUSTOMER: "the customer",
    DueTo.PARTS: "missing parts",
    DueTo.DISPATCHER: "the branch",
    DueTo.SYSTEM: "nobody: our own system",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One outcome in words. ``why`` says why it does not count, '' when it does."""

    outcome: Outcome
    work: PublicWork | None
    what: str
    icon: str
    tone: str
    when: str
    due_to: str
    why: str
    weight: float
    url: str
    may_dispute: bool
    is_disputed: bool

    @property
    def counts(self) -> str:
        """'counts', 'counts 40 %: older', 'does not count: due to the customer'."""
        if self.why:
            return f"does not count: {self.why}"
        return "counts" if self.weight > 0.95 else f"counts {self.weight * 100:.0f} %: it is older"


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure with its number of observations, its usual and its trend."""

    figure: Figure
    value: str
    count: int
    usual: str
    compared: str
    tone: str
    plot: Plot | None
    entries: list[Entry]
    trouble: Entry | None

    @property
    def is_few(self) -> bool:
        return self.count < FEW

    @property
    def url(self) -> str:
        return reverse("portal:figure", args=[self.figure.key])


def may_see(acting: Acting, outcome: Outcome) -> bool:
    """A login of one technician sees the firm's figures, but only their own outcomes."""
    return acting.technician_id in (None, outcome.technician_id)


def own_outcomes(acting: Acting) -> QuerySet[Outcome]:
    """The outcomes that this user may open."""
    mine = Outcome.objects.of_contractor(acting.contractor.pk)
    return mine if acting.technician_id is None else mine.filter(technician=acting.technician_id)


def card_of(acting: Acting) -> tuple[Scorecard | None, Means]:
    """The contractor's card (None for a newcomer) and what is usual in the branch; two queries."""
    card = Scorecard.objects.filter(contractor=acting.contractor).first()
    row = BranchMeans.objects.filter(branch=acting.contractor.branch).first()
    usual = Means() if row is None else means_of(row)
    return card, usual


def means_of(row: BranchMeans) -> Means:
    fields = {figure.field: getattr(row, figure.field) for figure in FIGURES.values()}
    return Means(**fields)


def figure_views(acting: Acting, keys: Iterable[str], *, at: datetime) -> list[FigureView]:
    """Those figures; one query per family of outcomes, one for their jobs, two for the card."""
    card, means = card_of(acting)
    figures = [FIGURES[key] for key in keys]
    families = {
        family: outcomes_behind(contractor_id=acting.contractor.pk, family=family, at=at)
        for family in dict.fromkeys(figure.family for figure in figures)
    }
    jobs = jobs_of(
        acting.contractor.branch,
        {one.outcome.job_ref for counted in families.values() for one in counted},
    )
    return [
        _view(figure, card, getattr(means, figure.field), families[figure.family], jobs, acting, at)
        for figure in figures
    ]


def _view(
    figure: Figure,
    card: Scorecard | None,
    usual: float,
    counted: Sequence[Counted],
    jobs: dict[UUID, Job],
    acting: Acting,
    at: datetime,
) -> FigureView:
    count = figure.count_on(card) if card else 0
    stored = getattr(card, figure.field) if card else None
    value = usual if stored is None else stored
    entries = [
        entry_of(one.outcome, jobs, acting, at=at, why=one.why, weight=one.weight)
        for one in counted
        if may_see(acting, one.outcome) and (figure.worth(one.outcome) is not None or one.why)
    ]
    by_outcome = {entry.outcome.pk: entry for entry in entries}
    readings = [
        Reading(
            value=point.value,
            url=by_outcome[point.outcome.pk].url,
            label=f"{figure.says(point.value)} after: {by_outcome[point.outcome.pk].what.lower()}, "
            f"{by_outcome[point.outcome.pk].when}",
            when=by_outcome[point.outcome.pk].when,
            tone="bad" if is_against(point.outcome) else "",
        )
        for point in trend(figure, counted, usual=usual)
        if point.outcome.pk in by_outcome
    ]
    ahead = (value - usual) * figure.better
    close = figure.says(value) == figure.says(usual)
    return FigureView(
        figure=figure,
        value=figure.says(value),
        count=count,
        usual=figure.says(usual),
        compared="as usual here" if close else "better than usual" if ahead > 0 else "below usual",
        tone="quiet" if close or count < FEW else "good" if ahead > 0 else "warn",
        plot=plot(readings, usual=usual, says=figure.says),
        entries=entries,
        trouble=next((one for one in entries if is_against(one.outcome) and one.may_dispute), None),
    )


def is_against(outcome: Outcome) -> bool:
    if outcome.kind == OutcomeKind.RATING:
        return (outcome.value or 0) <= POOR_RATING
    return outcome.kind in AGAINST


def jobs_of(branch: Branch, refs: Iterable[UUID]) -> dict[UUID, Job]:
    """Public id → job with its service type; one query."""
    wanted = set(refs)
    found = Job.objects.filter(branch=branch, public_id__in=wanted).select_related("service_type")
    return {job.public_id: job for job in found} if wanted else {}


def entry_of(
    outcome: Outcome,
    jobs: dict[UUID, Job],
    acting: Acting,
    *,
    at: datetime,
    why: str,
    weight: float,
) -> Entry:
    """Needs the outcome's dispute loaded."""
    icon, tone, what = KINDS[outcome.kind]
    if outcome.kind == OutcomeKind.RATING and outcome.value is not None:
        what = f"Rated {outcome.value:.0f} of 5"
        tone = "warn" if is_against(outcome) else tone
    elif outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.DECLINED) and outcome.value:
        what = f"{what}, after {display.duration(outcome.value)}"
    job = jobs.get(outcome.job_ref)
    tz = acting.contractor.branch.time_zone
    local = display.in_zone(outcome.at, tz)
    return Entry(
        outcome=outcome,
        work=public_work(job) if job else None,
        what=what,
        icon=icon,
        tone=tone,
        when=f"{local:%a} {local.day} {local:%b}",
        due_to=_DUE_TO[DueTo(outcome.due_to)],
        why=why.replace("the contractor", "you"),
        weight=weight,
        url=reverse("portal:outcome", args=[outcome.pk]),
        may_dispute=may_dispute(outcome, at=at) and getattr(outcome, "dispute", None) is None,
        is_disputed=is_disputed(outcome),
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of "what we have"."""

    when: str
    what: str


def facts_behind(acting: Acting, outcome: Outcome) -> tuple[list[Fact], str]:
    """What is on record about the offer or visit, and the address of its page; two queries."""
    tz = acting.contractor.branch.time_zone
    offer = acting.offers().filter(public_id=outcome.source_ref).first()
    if offer is not None:
        return _offer_facts(offer, tz), reverse("portal:offer", args=[offer.public_id])
    visit = acting.bookings().filter(public_id=outcome.source_ref).select_related("job").first()
    if visit is None:
        return [], ""
    return _visit_facts(visit, tz), reverse("portal:visit", args=[visit.public_id])


def _at(moment: datetime | None, tz: str, what: str) -> list[Fact]:
    if moment is None:
        return []
    local = display.in_zone(moment, tz)
    return [Fact(f"{local.day} {local:%b}, {display.phone_clock(moment, tz)}", what)]


def _offer_facts(offer: Offer, tz: str) -> list[Fact]:
    facts = _at(offer.made_at, tz, "We asked you")
    if offer.out_of_hours:
        facts.append(Fact("", "Outside your contact hours: a no or silence does not count"))
    facts += _at(offer.answered_at, tz, f"You answered: {offer.get_status_display().lower()}")
    if offer.answered_at is None:
        facts += _at(offer.expires_at, tz, "Your time to answer ended")
    return facts


def _visit_facts(visit: Booking, tz: str) -> list[Fact]:
    job = visit.job
    promised = display.window_phone(job.window_start, job.window_end, job.time_zone)
    facts = [Fact("Promised", promised), *_at(visit.booked_at, tz, "You accepted")]
    facts += _at(visit.eta, tz, "The time you set for arriving")
    facts += _at(visit.en_route_at, tz, "You set off")
    facts += _at(visit.arrived_at, tz, "You arrived")
    facts += _at(visit.finished_at, tz, f"Ended: {visit.get_end_kind_display()}")
    return facts


def last_day_to_dispute(outcome: Outcome) -> datetime:
    return outcome.at + timedelta(days=DISPUTE_DAYS)
