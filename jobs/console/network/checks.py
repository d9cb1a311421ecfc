"""What is in order, missing or odd about applicants, said before anybody has to look for it.

A fixed number of queries for any number of applicants.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Q

from jobs.console.network.places import territory_words, town_of
from jobs.console.network.states import day_words
from network import display
from network.geo import cells_away_km, distance_km
from network.models import (
    Branch,
    Contractor,
    Document,
    Requirement,
    Territory,
    TerritoryCell,
    TerritoryKind,
    WorkingHours,
)

#: Prices outside these shares of what is usual for the same skills are pointed out.
DEAR, CHEAP = Decimal("1.3"), Decimal("0.7")
#: With fewer firms of the same skills nothing is called usual.
FEWEST_PRICES = 3
#: A base so far outside the territory is pointed out.
FAR_KM = 16.0
_SOON = timedelta(days=30)

# The median of active firms that share a skill with the applicant.
_USUAL = """
SELECT applicant.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY peer.hourly_rate), count(*)
FROM unnest(%(ids)s::bigint[]) AS applicant (id)
CROSS JOIN LATERAL (
    SELECT DISTINCT other.id, other.hourly_rate
    FROM network_technicianskill AS mine
    JOIN network_technicianskill AS theirs ON theirs.skill_id = mine.skill_id
    JOIN network_contractor AS other ON other.id = theirs.contractor_id
    WHERE mine.contractor_id = applicant.id AND other.id <> applicant.id
        AND other.branch_id = %(branch)s AND other.status = 'active' AND other.hourly_rate > 0
) AS peer
GROUP BY applicant.id
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``good`` in order, ``warn`` odd or to be looked at, ``bad`` in the way."""

    tone: str
    text: str

    @property
    def icon(self) -> str:
        return {"good": "check", "warn": "alert-triangle", "bad": "x"}[self.tone]


def look_at(
    contractors: Sequence[Contractor], *, branch: Branch, at: datetime
) -> dict[int, list[Check]]:
    """Contractor → what was found, the troubles first. ``rows.load_contractors`` loads them."""
    ids = [contractor.pk for contractor in contractors]
    today = at.astimezone(branch.zone).date()
    alike = _alike(contractors, branch)
    usual = _usual_rates(ids, branch)
    papers = _papers(ids)
    required = list(
        Requirement.objects.for_branch(branch).filter(
            active=True, skill__isnull=True, service_type__isnull=True, required_from__lte=today
        )
    )
    unconfirmed = _unconfirmed(ids)
    without_hours = _people_without_hours(ids)
    cells = _cells(contractors)
    found = {}
    for contractor in contractors:
        checks = [
            *_others(contractor, alike),
            *(
                [Check("warn", "E-mail address not confirmed")]
                if contractor.pk in unconfirmed
                else []
            ),
            *_of_papers(papers.get(contractor.pk, []), required, today),
            *_of_certificates(contractor, today),
            *_of_territory(contractor, branch, cells.get(contractor.pk, [])),
            *_of_prices(contractor, branch, usual.get(contractor.pk)),
            *[
                Check("warn", f"{name} has no working hours")
                for name in without_hours.get(contractor.pk, [])
            ],
        ]
        found[contractor.pk] = sorted(
            checks, key=lambda check: ("bad", "warn", "good").index(check.tone)
        )
    return found


# -- other firms -------------------------------------------------------------------------------


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)[-10:]


def _alike(contractors: Sequence[Contractor], branch: Branch) -> list[Contractor]:
    """Firms of the branch, those who left too, that share a name, address or number with these."""
    wanted: Q = Q(pk__in=[])
    for contractor in contractors:
        wanted |= Q(name__iexact=contractor.name)
        if contractor.email:
            wanted |= Q(email__iexact=contractor.email)
        digits = _digits(contractor.phone)
        if len(digits) >= 7:
            wanted |= Q(phone__regex=r"\D*".join(digits[-7:]) + r"\D*$")
        wanted |= Q(
            base_latitude=contractor.base_latitude, base_longitude=contractor.base_longitude
        )
    return list(Contractor.objects.for_branch(branch).filter(wanted).order_by("pk"))


def _others(contractor: Contractor, alike: Iterable[Contractor]) -> list[Check]:
    checks = []
    for other in alike:
        if other.pk == contractor.pk:
            continue
        same = []
        if contractor.email and other.email.lower() == contractor.email.lower():
            same.append("e-mail")
        if len(_digits(contractor.phone)) >= 7 and _digits(other.phone) == _digits(
            contractor.phone
        ):
            same.append("telephone")
        if other.name.lower() == contractor.name.lower():
            same.append("name")
        if not same and _same_spot(contractor, other):
            same.append("address")
        if same:
            gone = {"left": ", who left", "suspended": ", who is suspended"}.get(other.status, "")
            checks.append(Check("warn", f"Same {' and '.join(same)} as {other.name}{gone}"))
    return checks[:3]


def _same_spot(contractor: Contractor, other: Contractor) -> bool:
    """The same point, unless it is where a whole ZIP or branch is put."""
    here = contractor.base_latitude, contractor.base_longitude
    if here != (other.base_latitude, other.base_longitude):
        return False
    branch = contractor.branch
    return here != (branch.latitude, branch.longitude) and not _is_zip_centre(*here)


def _is_zip_centre(latitude: float, longitude: float) -> bool:
    from network.geo import lookup_zip
    from network.zip_index import nearest_zip

    place = lookup_zip(nearest_zip(latitude, longitude))
    return (
        place is not None
        and distance_km(latitude, longitude, place.latitude, place.longitude) < 0.01
    )


def _unconfirmed(ids: Collection[int]) -> set[int]:
    """Contractors none of whose logins has a confirmed address."""
    logins = EmailAddress.objects.filter(
        user__contractor_links__contractor_id__in=ids, verified=True
    )
    confirmed = set(logins.values_list("user__contractor_links__contractor_id", flat=True))
    return set(ids) - confirmed


# -- papers ------------------------------------------------------------------------------------


def _papers(ids: Collection[int]) -> dict[int, list[Document]]:
    found: dict[int, list[Document]] = defaultdict(list)
    for document in (
        Document.objects.filter(contractor_id__in=ids)
        .current()
        .select_related("requirement", "skill", "technician")
        .order_by("submitted_at", "pk")
    ):
        found[document.contractor_id].append(document)
    return found


def _of_papers(
    documents: Sequence[Document], required: Sequence[Requirement], today: date
) -> list[Check]:
    checks = []
    newest = {document.requirement_id: document for document in documents}
    for requirement in required:
        document = newest.get(requirement.pk)
        if document is None:
            checks.append(Check("bad", f"{requirement.name} is missing"))
        elif document.state == "rejected":
            checks.append(Check("bad", f"{requirement.name} was rejected: {document.reason}"))
        else:
            checks.append(_of_paper(document, requirement.name, today))
    certificates = [one for one in documents if one.requirement_id is None and one.skill_id]
    checks += [
        _of_paper(one, f"Certificate for {one.skill}", today)
        for one in certificates
        if one.state != "rejected"
    ]
    return checks


def _of_paper(document: Document, name: str, today: date) -> Check:
    ends = document.expires_on
    if ends is None:
        return Check("good", f"{name} without an end")
    words = day_words(ends, today)
    if ends < today:
        return Check("bad", f"{name} expired on {words}")
    if ends - today <= _SOON:
        return Check("warn", f"{name} ends {words}")
    return Check("good", f"{name} to {words}")


def _of_certificates(contractor: Contractor, today: date) -> list[Check]:
    checks = []
    for person in contractor.people:  # type: ignore[attr-defined]
        for had in person.skills.all():
            if had.expires_on is not None and had.expires_on < today:
                checks.append(
                    Check(
                        "bad",
                        f"{person.name}’s certificate for {had.skill} expired on "
                        f"{day_words(had.expires_on, today)}",
                    )
                )
    return checks


def _people_without_hours(ids: Collection[int]) -> dict[int, list[str]]:
    from network.models import Technician

    found: dict[int, list[str]] = defaultdict(list)
    idle = Technician.objects.filter(contractor_id__in=ids, active=True).exclude(
        pk__in=WorkingHours.objects.filter(technician__contractor_id__in=ids).values("technician")
    )
    for person in idle.order_by("name"):
        found[person.contractor_id].append(person.name)
    return found


# -- where and for how much --------------------------------------------------------------------


def _cells(contractors: Sequence[Contractor]) -> dict[int, list[int]]:
    drawn = [
        one.pk
        for one in contractors
        if getattr(one, "territory", None) is not None
        and one.territory.kind != TerritoryKind.RADIUS
    ]
    found: dict[int, list[int]] = defaultdict(list)
    for contractor_id, cell in TerritoryCell.objects.filter(contractor_id__in=drawn).values_list(
        "contractor_id", "cell"
    ):
        found[contractor_id].append(cell)
    return found


def _of_territory(contractor: Contractor, branch: Branch, cells: Sequence[int]) -> list[Check]:
    territory: Territory | None = getattr(contractor, "territory", None)
    if territory is None:
        return [Check("bad", "No territory")]
    unit = branch.distance_unit
    base = contractor.base_latitude, contractor.base_longitude
    if territory.radius_km is not None:
        away = distance_km(*base, territory.latitude, territory.longitude) - territory.radius_km
    else:
        away = cells_away_km(cells, *base)
    town = town_of(territory.latitude, territory.longitude)
    words = territory_words(territory, unit)
    around = f"{words} around {town}" if territory.radius_km is not None and town else words
    if away > FAR_KM:
        return [Check("warn", f"Territory lies {display.distance(away, unit)} from the base")]
    return [Check("good", f"Territory: {around}")]


def _usual_rates(ids: Sequence[int], branch: Branch) -> dict[int, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, {"ids": list(ids), "branch": branch.pk})
        return {
            row[0]: Decimal(str(row[1])) for row in cursor.fetchall() if row[2] >= FEWEST_PRICES
        }


def _of_prices(contractor: Contractor, branch: Branch, usual: Decimal | None) -> list[Check]:
    asked = contractor.hourly_rate
    if not asked:
        return []
    price = f"Asks {display.money(asked, branch.currency)}/h"
    if usual is None:
        return [Check("good", price)]
    against = f"{price}, usual is {display.money(usual.quantize(Decimal(1)), branch.currency)}"
    if asked > usual * DEAR or asked < usual * CHEAP:
        return [Check("warn", against)]
    return [Check("good", against)]
