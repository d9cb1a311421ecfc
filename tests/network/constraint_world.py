"""A branch and its people, and short ways to write one row of each table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from network.models import (
    CalendarEntry,
    Client,
    ClientPrice,
    Contractor,
    ContractorImport,
    Document,
    DocumentRequest,
    ExpiryWarning,
    ImportedContractor,
    Invitation,
    RateCard,
    Requirement,
    ServiceType,
    Skill,
    Technician,
    Territory,
    User,
)
from tests.network.factories import MONDAY, make_branch

REF = UUID("01890000-0000-7000-8000-000000000001")
HOUR = timedelta(hours=1)


def make_world() -> SimpleNamespace:
    """Two branches; in the first a contractor, a technician, a skill and a kind of work."""
    branch, other = make_branch(), make_branch()
    contractor = Contractor.objects.create(
        branch=branch, name="C", base_latitude=1, base_longitude=1, joined_on=date(2025, 1, 1)
    )
    technician = Technician.objects.create(contractor=contractor, name="T")
    skill = Skill.objects.create(branch=branch, slug="s", name="S")
    work = ServiceType.objects.create(
        branch=branch, slug="w", name="W", trade="t", usual_duration_minutes=60
    )
    client = Client.objects.create(branch=branch, slug="c", name="C")
    return SimpleNamespace(
        branch=branch,
        other=other,
        contractor=contractor,
        technician=technician,
        skill=skill,
        work=work,
        client=client,
        user=User.objects.create_user("u@example.com"),
    )


def add_contractor(w: Any, **fields: Any) -> None:
    values = {
        "branch": w.branch,
        "name": "Bad",
        "base_latitude": 1,
        "base_longitude": 1,
        "joined_on": date(2025, 1, 1),
    }
    Contractor.objects.create(**(values | fields))


def add_entry(w: Any, **fields: Any) -> None:
    values: dict[str, Any] = {
        "branch_id": w.branch.pk,
        "technician_id": w.technician.pk,
        "kind": "booking",
        "period": (MONDAY, MONDAY + HOUR),
        "latitude": 1,
        "longitude": 1,
        "source_ref": uuid4(),
    }
    CalendarEntry.objects.create(**(values | fields))


def add_entries(w: Any, first: dict[str, Any], second: dict[str, Any]) -> None:
    add_entry(w, **first)
    add_entry(w, **second)


def add_territory(w: Any, **fields: Any) -> Territory:
    values = {
        "contractor": w.contractor,
        "branch_id": w.branch.pk,
        "latitude": 1,
        "longitude": 1,
        "radius_km": 5,
    }
    return Territory.objects.create(**(values | fields))


def add_rate(w: Any, **amounts: Any) -> None:
    RateCard.objects.create(
        contractor=w.contractor, service_type=w.work, valid_from=date(2026, 1, 1), **amounts
    )


def add_client_price(w: Any, amount: int) -> None:
    ClientPrice.objects.create(
        client=w.client, service_type=w.work, valid_from=date(2026, 1, 1), amount=amount
    )


def add_requirement(w: Any, **fields: Any) -> Requirement:
    values = {"name": "R", "kind": "insurance", "required_from": date(2026, 1, 1)}
    return Requirement.objects.create(branch=w.branch, **(values | fields))


def add_document(w: Any, **fields: Any) -> Document:
    if "requirement" not in fields:
        fields["requirement"] = add_requirement(w)
    return Document.objects.create(
        contractor=w.contractor, **({"kind": "insurance", "size_bytes": 1} | fields)
    )


def ask_twice(w: Any) -> None:
    requirement = add_requirement(w)
    twice(lambda: DocumentRequest.objects.create(contractor=w.contractor, requirement=requirement))


def add_warnings(w: Any) -> None:
    document = add_document(w)
    twice(lambda: ExpiryWarning.objects.create(document=document, days=7, due_on=date(2026, 1, 1)))


def add_invitation(w: Any, token: str, **fields: Any) -> None:
    values = {"email": "a@b.example", "expires_at": MONDAY}
    Invitation.objects.create(branch=w.branch, token_hash=token, **(values | fields))


def add_imported(w: Any, *actions: str) -> None:
    done = ContractorImport.objects.create(branch=w.branch, file_name="l", source="s")
    for action in actions:
        ImportedContractor.objects.create(
            contractor_import=done, contractor=w.contractor, line=1, action=action
        )


def twice(create: Callable[[], Any]) -> None:
    create()
    create()


def add_service_type(w: Any, **fields: Any) -> None:
    values = {
        "branch": w.branch,
        "slug": "bad",
        "name": "Bad",
        "trade": "t",
        "usual_duration_minutes": 60,
    }
    ServiceType.objects.create(**(values | fields))


def run_sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def cell_of_another_branch(w: Any) -> None:
    run_sql(
        "INSERT INTO network_territorycell (territory_id, contractor_id, branch_id, cell)"
        " VALUES (%s, %s, %s, 1)",
        add_territory(w).pk,
        w.contractor.pk,
        w.other.pk,
    )
