"""What the list says about each contractor. Everything is loaded for the page at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch
from django.urls import reverse

from jobs.console.network.loads import NOTHING, Load, read_loads
from jobs.console.network.places import territory_words, town_of
from jobs.console.network.states import State, clearance, standing
from network.models import Branch, Contractor, Document, Technician, TechnicianSkill

#: Skills named in a row; the others are counted.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One contractor of the list."""

    contractor: Contractor
    url: str
    people: str
    where: str
    does: str
    clearance: State
    load: Load
    rating: str
    answers: str
    now: State


def contractor_url(branch: Branch, contractor: Contractor) -> str:
    return reverse(
        "console:contractor", kwargs={"branch": branch.slug, "contractor": contractor.public_id}
    )


def load_contractors(ids: Sequence[int]) -> list[Contractor]:
    """These contractors in this order with people, skills, territory and scorecard; 3 queries."""
    found = Contractor.objects.select_related("territory", "scorecard").prefetch_related(
        Prefetch(
            "technicians",
            Technician.objects.filter(active=True).order_by("pk"),
            to_attr="people",
        ),
        Prefetch(
            "people__skills",
            TechnicianSkill.objects.select_related("skill").order_by("skill__name"),
        ),
    )
    by_id = {one.pk: one for one in found.filter(pk__in=ids)}
    return [by_id[pk] for pk in ids if pk in by_id]


def skills_of(contractor: Contractor) -> list[str]:
    """Names of the skills of active people, each once, by name."""
    names = {
        had.skill.name
        for person in contractor.people  # type: ignore[attr-defined]
        for had in person.skills.all()
    }
    return sorted(names)


def people_words(contractor: Contractor) -> str:
    """``Harold + 2``; a sole trader of the firm's own name is not named twice."""
    people: list[Technician] = contractor.people  # type: ignore[attr-defined]
    if not people:
        return "nobody active"
    first, others = people[0].name, len(people) - 1
    if others:
        return f"{first} + {others}"
    return "" if first == contractor.name else first


def papers_that_end(ids: Sequence[int]) -> dict[int, str]:
    """Contractor → the approved paper on whose last day clearance ends; one query."""
    ending = Document.objects.filter(
        contractor_id__in=ids,
        state="approved",
        requirement__skill__isnull=True,
        requirement__service_type__isnull=True,
        requirement__active=True,
        expires_on=F("contractor__cleared_until"),
        contractor__clearance_override_until__isnull=True,
    )
    return dict(ending.values_list("contractor_id", "requirement__name"))


def load_rows(ids: Sequence[int], *, branch: Branch, at: datetime) -> list[Row]:
    """The rows of these contractors, in this order; a fixed number of queries."""
    contractors = load_contractors(ids)
    loads = read_loads(branch, at=at, contractor_ids=ids)
    papers = papers_that_end(ids)
    return [
        make_row(
            contractor,
            branch=branch,
            at=at,
            load=loads.get(contractor.pk, NOTHING),
            paper=papers.get(contractor.pk, ""),
        )
        for contractor in contractors
    ]


def make_row(
    contractor: Contractor, *, branch: Branch, at: datetime, load: Load, paper: str
) -> Row:
    territory = getattr(contractor, "territory", None)
    skills = skills_of(contractor)
    does = ", ".join(skills[:NAMED])
    if len(skills) > NAMED:
        does += f" and {len(skills) - NAMED} more"
    card: Any = getattr(contractor, "scorecard", None)
    return Row(
        contractor=contractor,
        url=contractor_url(branch, contractor),
        people=people_words(contractor),
        where=", ".join(
            part
            for part in (
                town_of(contractor.base_latitude, contractor.base_longitude),
                territory_words(territory, branch.distance_unit),
            )
            if part
        ),
        does=does or "no skill yet",
        clearance=clearance(contractor, branch=branch, at=at, paper=paper),
        load=load,
        rating=rating_words(card),
        answers=answers_words(card),
        now=standing(contractor, branch=branch, at=at),
    )


def rating_words(card: Any) -> str:
    """``4.8 (71)``, or nothing without a rating."""
    if card is None or card.rating_average is None:
        return ""
    return f"{card.rating_average:.1f} ({card.rating_count})"


def answers_words(card: Any) -> str:
    """``71 % yes, in 6 min``."""
    if card is None or not card.offers_count:
        return ""
    share = f"{100 * card.accepted_count / card.offers_count:.0f} % yes"
    if card.response_median is None:
        return share
    return f"{share}, in {minutes_words(card.response_median)}"


def minutes_words(minutes: float) -> str:
    """``6:20`` under an hour, ``1 h 5 min`` beyond."""
    if minutes < 60:
        whole = round(minutes * 60)
        return f"{whole // 60}:{whole % 60:02d}"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
