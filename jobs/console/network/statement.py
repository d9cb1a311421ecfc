"""What a contractor has stated: people, hours, prices, wishes, papers. For review and his page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from jobs.console.network.hours import week_lines
from jobs.console.network.states import State, day_words, paper_state
from network import display
from network.models import (
    Branch,
    Contractor,
    Document,
    DocumentRequest,
    DocumentState,
    RateCard,
    Requirement,
    Technician,
    TechnicianSkill,
    WorkingHours,
)

LEVELS = {1: "basic", 2: "skilled", 3: "expert"}


@dataclass(frozen=True, slots=True)
class SkillLine:
    """A skill of a person, with the certificate behind it."""

    name: str
    level: str
    certificate: str
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One technician as stated."""

    name: str
    active: bool
    skills: list[SkillLine]
    hours: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, or one that is missing (``document`` None)."""

    name: str
    sub: str
    state: State
    document: Document | None = None
    request: DocumentRequest | None = None

    @property
    def waits(self) -> bool:
        return self.document is not None and self.document.state == DocumentState.SUBMITTED


def people_of(contractor: Contractor, *, branch: Branch, at: datetime) -> list[Person]:
    """Everybody of the firm; three queries."""
    today = at.astimezone(branch.zone).date()
    people = (
        Technician.objects.of_contractor(contractor.pk)
        .order_by("-active", "name", "pk")
        .prefetch_related(
            Prefetch(
                "skills", TechnicianSkill.objects.select_related("skill").order_by("skill__name")
            ),
            Prefetch("working_hours", WorkingHours.objects.order_by("weekday", "starts")),
        )
    )
    return [
        Person(
            name=person.name,
            active=person.active,
            skills=[
                SkillLine(
                    name=had.skill.name,
                    level=LEVELS[had.level],
                    certificate=", ".join(
                        part
                        for part in (
                            had.certificate_number,
                            f"to {day_words(had.expires_on, today)}" if had.expires_on else "",
                        )
                        if part
                    ),
                    is_expired=had.expires_on is not None and had.expires_on < today,
                )
                for had in person.skills.all()
            ],
            hours=week_lines(person.working_hours.all()),
        )
        for person in people
    ]


def prices_of(contractor: Contractor, *, branch: Branch, at: datetime) -> list[tuple[str, str]]:
    """The usual price, then those by service that count today or later; one query."""
    today = at.astimezone(branch.zone).date()
    lines = [("Usually", _price(branch, contractor.call_out_fee, contractor.hourly_rate))]
    seen: set[int] = set()
    cards = RateCard.objects.filter(contractor=contractor).select_related("service_type")
    for card in cards.order_by("service_type__name", "-valid_from"):
        is_later = card.valid_from > today
        if not is_later:
            if card.service_type_id in seen:
                continue
            seen.add(card.service_type_id)
        price = (
            display.money(card.fixed_price, branch.currency) + " fixed"
            if card.fixed_price is not None
            else _price(branch, card.call_out_fee, card.hourly_rate)
        )
        since = f", from {day_words(card.valid_from, today)}" if is_later else ""
        lines.append((card.service_type.name, price + since))
    return lines


def _price(branch: Branch, fee, hourly) -> str:  # type: ignore[no-untyped-def]
    parts = []
    if hourly:
        parts.append(f"{display.money(hourly, branch.currency)}/h")
    if fee:
        parts.append(f"{display.money(fee, branch.currency)} call-out")
    return ", ".join(parts) or "no price"


def wishes_of(contractor: Contractor) -> list[tuple[str, str]]:
    """What the contractor asks for before being asked."""
    hours = (
        f"{contractor.contact_from:%H:%M}–{contractor.contact_until:%H:%M}"
        if contractor.contact_from and contractor.contact_until
        else "at any hour"
    )
    return [
        ("May be asked", hours),
        (
            "Notice",
            display.duration(contractor.notice_minutes) if contractor.notice_minutes else "none",
        ),
        (
            "A day",
            f"at most {contractor.most_jobs_a_day} visits"
            if contractor.most_jobs_a_day
            else "no limit",
        ),
        (
            "Emergencies",
            "at any hour" if contractor.after_hours_emergencies else "in working hours",
        ),
        ("Public holidays", "works" if contractor.works_on_holidays else "off"),
    ]


def papers_of(contractor: Contractor, *, branch: Branch, at: datetime) -> list[Paper]:
    """What waits, what counts, what was rejected last, and what is missing; three queries."""
    today = at.astimezone(branch.zone).date()
    asked = {
        request.requirement_id: request
        for request in DocumentRequest.objects.open()
        .filter(contractor=contractor)
        .select_related("requirement")
    }
    documents = (
        Document.objects.filter(contractor=contractor)
        .current()
        .select_related("requirement", "skill", "technician")
        .order_by("-submitted_at", "-pk")
    )
    papers: list[Paper] = []
    shown: set[tuple[object, ...]] = set()
    held: set[int] = set()
    for document in documents:
        subject = (document.requirement_id, document.technician_id, document.skill_id)
        # Of each thing the newest of a state: older ones are history.
        key = (*subject, document.state)
        newer = (*subject, DocumentState.APPROVED)
        if key in shown or (document.state == DocumentState.REJECTED and newer in shown):
            continue
        shown.add(key)
        if document.requirement_id is not None and document.state != DocumentState.REJECTED:
            held.add(document.requirement_id)
        papers.append(
            Paper(
                name=_paper_name(document),
                sub=_paper_words(document, branch),
                state=paper_state(document, today=today),
                document=document,
                request=asked.pop(document.requirement_id, None)
                if document.requirement_id
                else None,
            )
        )
    required = Requirement.objects.for_branch(branch).filter(
        active=True, skill__isnull=True, service_type__isnull=True, required_from__lte=today
    )
    for requirement in required:
        if requirement.pk not in held and not any(
            paper.document is not None and paper.document.requirement_id == requirement.pk
            for paper in papers
        ):
            papers.append(
                Paper(
                    name=requirement.name,
                    sub="required of everybody",
                    state=State("bad", "alert-triangle", "Missing"),
                    request=asked.pop(requirement.pk, None),
                )
            )
    papers += [
        Paper(
            name=request.requirement.name,
            sub=f"asked for {day_words(request.asked_at.astimezone(branch.zone).date(), today)}",
            state=State("wait", "mail", "Asked for"),
            request=request,
        )
        for request in asked.values()
    ]
    order = {DocumentState.SUBMITTED: 0, DocumentState.APPROVED: 2, DocumentState.REJECTED: 1}
    papers.sort(key=lambda paper: order[paper.document.state] if paper.document else 1)  # type: ignore[index]
    return papers


def _paper_name(document: Document) -> str:
    if document.requirement is not None:
        return str(document.requirement)
    return f"Certificate, {document.skill}"


def _stated_end(document: Document) -> str:
    """What the sender says; once approved, the state says it."""
    if document.state != DocumentState.SUBMITTED or document.expires_on is None:
        return ""
    return f"says it ends {document.expires_on.day} {document.expires_on:%b %Y}"


def _paper_words(document: Document, branch: Branch) -> str:
    local = document.submitted_at.astimezone(branch.zone)
    return " · ".join(
        part
        for part in (
            document.technician.name if document.technician else "",
            f"no. {document.number}" if document.number else "",
            f"sent {local:%a} {local.day} {local:%b}",
            _stated_end(document),
            document.reason,
        )
        if part
    )
