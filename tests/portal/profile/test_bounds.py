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
    Document,
    RateCard,
    Skill,
    Territory,
    WorkingHours,
)
from network.services.documents import approve_document
from network.services.feeds import token_of
from network.services.skills import leave_service_out
from tests.jobs.papers import paper, requirement
from tests.jobs.world import (
    START,
    add_technician,
    make_contractor,
    make_service_type,
    make_user,
    run_due,
)
from tests.portal.join.test_where import SQUARE
from tests.portal.profile.test_sections import pdf, prices_form, sent, skills_form

BUSINESS = {
    "name": "Harold & Daughter",
    "person": "Harold",
    "phone": "(617) 555-0107",
    "email": "harold@example.com",
    "postcode": "02130",
    "crew": "alone",
}


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


def rows_of_others(contractor: Contractor) -> dict[str, list[Any]]:
    """Every row of every table that names another contractor, or one of another's people.

    ctid and xmin change with every write, also with one that changes nothing.
    """
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.column_name IN ('contractor_id', 'technician_id') AND c.data_type = 'bigint'"
        )
        named = [*cursor.fetchall(), ("network_contractor", "id")]
        for table, column in named:
            own = "SELECT %s::bigint"
            if column == "technician_id":
                own = "SELECT id FROM network_technician WHERE contractor_id = %s"
            cursor.execute(
                f"SELECT ctid::text, xmin::text, to_jsonb(t) FROM {table} t"
                f" WHERE {column} NOT IN ({own}) ORDER BY 1",
                [contractor.pk],
            )
            found[f"{table}.{column}"] = cursor.fetchall()
    return found


def test_what_one_contractor_changes_is_written_in_their_rows_alone(
    harold_client: Client,
    harold: Contractor,
    lisa: Contractor,
    james: Contractor,
    heating: Skill,
    make_job: Callable[..., Job],
) -> None:
    """Each page of the profile is saved; no row of any table of anybody else is written."""
    nadia = make_contractor(harold.branch, "Nadia")
    insurance = requirement(harold.branch)
    for other in (lisa, nadia):
        paper(other, insurance, date(2027, 1, 1))
    make_job()
    run_due()
    before = rows_of_others(harold)
    assert {name for name, rows in before.items() if rows} >= {
        "network_contractor.id",
        "network_territorycell.contractor_id",
        "network_technicianskill.contractor_id",
        "network_workinghours.technician_id",
        "network_document.contractor_id",
    }
    person = harold.technicians.get().pk
    hours = {
        f"hours-{person}-shown": "1",
        f"hours-{person}-0-0-from": "08:00",
        f"hours-{person}-0-0-until": "17:00",
        "hours-notice": "60",
        "hours-emergencies": "no",
        "hours-holidays": "no",
    }
    circle = {"where-kind": "radius", "where-base": "02130", "where-radius": "9"}
    outline = {"where-kind": "polygon", "where-outline": SQUARE}
    listed = {"where-kind": "zips", "where-zips": "02130 02215"}
    papers = {
        f"documents-{insurance.pk}-number": "POL-9",
        f"documents-{insurance.pk}-expires_on": "2027-10-31",
        f"documents-{insurance.pk}-file": pdf(),
    }
    business = {f"business-{key}": value for key, value in BUSINESS.items()}
    for key, form in (
        ("business", business),
        ("where", circle),
        ("where", outline),
        ("where", listed),
        ("skills", skills_form(harold, {heating.pk: 2})),
        ("hours", hours),
        ("prices", prices_form(fixed_price="150")),
        ("documents", papers),
    ):
        assert sent(harold_client, key, {"visits": "keep", **form}) == "", key
        assert rows_of_others(harold) == before, key
    approve_document(document_id=Document.objects.get(number="POL-9").pk, actor_id=None)
    off = {"when": "range", "first_day": "2026-11-20"}
    for address, form in (
        (reverse("portal:pause"), {"until": "hour"}),
        (reverse("portal:time_off"), off),
        (reverse("portal:people"), {"name": "Zoe"}),
    ):
        assert harold_client.post(address, form).status_code == 302, address
    assert WorkingHours.objects.filter(technician=person).count() == 1
    assert harold.technicians.count() == 2
    assert Territory.objects.get(contractor=harold).zips == ["02130", "02215"]
    assert rows_of_others(harold) == before
