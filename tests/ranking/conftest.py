"""A branch with contractors, and shorthands for what happens to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import settings

from network.models import Branch, Contractor, Technician
from ranking.services.decisions import Candidate
from ranking.services.outcomes import OutcomeRow

# The machine may be busy with other things: an example that takes long is no failure.
settings.register_profile("ranking", deadline=None)
settings.load_profile("ranking")

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

MakeBranch = Callable[..., Branch]
MakeContractor = Callable[..., Contractor]


@pytest.fixture
def make_branch(db: None) -> MakeBranch:
    def make(slug: str = "boston", **fields: object) -> Branch:
        values = {
            "name": slug.title(),
            "reference_prefix": slug[:3].upper(),
            "latitude": 42.36,
            "longitude": -71.06,
        }
        return Branch.objects.create(slug=slug, **{**values, **fields})

    return make


@pytest.fixture
def branch(make_branch: MakeBranch) -> Branch:
    return make_branch()


@pytest.fixture
def make_contractor(branch: Branch) -> MakeContractor:
    def make(name: str, *, technicians: int = 1, of: Branch | None = None) -> Contractor:
        contractor = Contractor.objects.create(
            branch=of or branch,
            name=name,
            status="active",
            cleared_until=date(2027, 1, 1),
            base_latitude=42.35,
            base_longitude=-71.1,
            joined_on=date(2026, 1, 1),
        )
        for number in range(technicians):
            Technician.objects.create(contractor=contractor, name=f"{name} {number + 1}")
        return contractor

    return make


def candidate(contractor: Contractor, **changes: object) -> Candidate:
    technician = contractor.technicians.first()
    assert technician is not None
    values: dict[str, object] = {
        "contractor_id": contractor.id,
        "technician_id": technician.id,
        "travel_minutes": 15.0,
        "travel_km": 4.0,
        "skill_level": 2,
        "required_level": 2,
        "price": Decimal("120.00"),
        "tier": 2,
    }
    return Candidate(**{**values, **changes})  # type: ignore[arg-type]


def outcome(contractor: Contractor, kind: str, **changes: object) -> OutcomeRow:
    values: dict[str, object] = {
        "branch_id": contractor.branch_id,
        "contractor_id": contractor.id,
        "kind": kind,
        "due_to": "contractor",
        "source_ref": uuid.uuid4(),
        "job_ref": uuid.uuid4(),
        "at": NOW,
    }
    return OutcomeRow(**{**values, **changes})  # type: ignore[arg-type]
