"""How much a page asks of the database, and whose rows a change writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import Booking, Job
from network.models import (
    CalendarEntry,
    CalendarFeed,
    Contractor,
    ContractorEvent,
    ContractorUser,
    RateCard,
    Skill,
    WorkingHours,
)
from network.services.feeds import token_of
from network.services.skills import leave_service_out
from tests.jobs.papers import paper, requirement
from tests.jobs.world import START, add_technician, make_contractor, make_service_type, make_user
from tests.portal.profile.test_sections import prices_form, sent, skills_form


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def grow(contractor: Contractor, make_job: Callable[..., Job]) -> None:
    """Five more people, eight kinds of work and papers, prices, days off, events."""
    branch, person = contractor.branch, contractor.technicians.get()
    for number in range(8):
        service = make_service_type(branch, f"work-{number}")
        leave_service_out(contractor_id=contractor.pk, service_type_id=service.pk)
        Skill.objects.create(branch=branch, slug=f"skill-{number}", name=f"Skill {number}")
        needed = requirement(branch, f"Paper {number}")
        paper(contractor, needed, date(2027, 1, 1))
        paper(contractor, None, None, technician=person, skill=Skill.objects.first())
        RateCard.objects.create(
            contractor=contractor,
            service_type=service,
            valid_from=date(2026, 1, 1),
            fixed_price=Decimal(100),
        )
        day = START + timedelta(days=20 + number)
        CalendarEntry.objects.create(
            branch=branch, technician=person, kind="time_off", period=(day, day + timedelta(1))
        )
        ContractorEvent.objects.create(contractor=contractor, **CHANGE)
    for number in range(5):
        zoe = add_technician(contractor, f"Zoe {number}")
        user = make_user(f"zoe{number}@example.com")
        ContractorUser.objects.create(user=user, contractor=contractor, technician=zoe)


#: One that the page looks at, whether it can be taken back.
CHANGE: dict[str, Any] = {"action": "skills-changed", "data": {"before": {}, "after": {}}}
PAGES = [
    "/portal/you/",
    "/portal/you/skills/",
    "/portal/you/where/",
    "/portal/you/hours/",
    "/portal/you/prices/",
    "/portal/you/documents/",
    "/portal/you/business/",
    "/portal/you/pause/",
    "/portal/you/leave/",
    "/portal/you/people/",
    "/portal/you/calendar/",
]


def test_no_page_asks_more_of_a_firm_than_of_one_person(
    harold_client: Client, harold: Contractor, booked: Booking, make_job: Callable[..., Job]
) -> None:
    harold_client.post("/portal/you/calendar/", {"do": "make"})
    feed = reverse("portal:feed", args=[token_of(CalendarFeed.objects.get())])
    person = reverse("portal:person", args=[booked.technician.public_id])
    pages = [*PAGES, feed, person]
    ContractorEvent.objects.create(contractor=harold, **CHANGE)
    small = {page: queries(harold_client, page) for page in pages}
    grow(harold, make_job)
    large = {page: queries(harold_client, page) for page in pages}
    more = {page: (small[page], large[page]) for page in pages if large[page] > small[page]}
    assert more == {}
    assert max(large.values()) <= 25, large


def test_what_one_contractor_changes_is_written_in_their_rows_alone(
    harold_client: Client,
    harold: Contractor,
    lisa: Contractor,
    james: Contractor,
    heating: Skill,
) -> None:
    make_contractor(harold.branch, "Nadia")

    def rows_of_others() -> dict[str, list[Any]]:
        tables = {
            "network_contractor": "id",
            "network_territory": "contractor_id",
            "network_territorycell": "contractor_id",
            "network_technicianskill": "contractor_id",
            "network_ratecard": "contractor_id",
            "network_contractorevent": "contractor_id",
        }
        found = {}
        with connection.cursor() as cursor:
            for table, column in tables.items():
                # ctid and xmin change with every write, also with one that changes nothing.
                cursor.execute(
                    f"SELECT ctid::text, xmin::text, to_jsonb(t) FROM {table} t"
                    f" WHERE {column} <> %s ORDER BY 1",
                    [harold.pk],
                )
                found[table] = cursor.fetchall()
            cursor.execute(
                "SELECT h.ctid::text, h.xmin::text FROM network_workinghours h"
                " JOIN network_technician t ON t.id = h.technician_id"
                " WHERE t.contractor_id <> %s ORDER BY 1",
                [harold.pk],
            )
            found["network_workinghours"] = cursor.fetchall()
        return found

    before = rows_of_others()
    person = harold.technicians.get().pk
    hours = {
        f"hours-{person}-shown": "1",
        f"hours-{person}-0-0-from": "08:00",
        f"hours-{person}-0-0-until": "17:00",
        "hours-notice": "60",
        "hours-emergencies": "no",
        "hours-holidays": "no",
    }
    assert sent(harold_client, "hours", hours) == ""
    assert sent(harold_client, "skills", skills_form(harold, {heating.pk: 2})) == ""
    assert sent(harold_client, "prices", prices_form(fixed_price="150")) == ""
    harold_client.post(reverse("portal:pause"), {"until": "hour"})
    assert WorkingHours.objects.filter(technician=person).count() == 1
    assert rows_of_others() == before
