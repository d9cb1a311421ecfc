"""A small branch and the Boston mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch_site.embedded.paths import BASE_DIR
from jobs.intake.mapping import IntakeMapping, load_mapping
from network.catalogue import create_branch_catalogue
from network.generator import generate_network
from network.models import Branch
from ranking.services.policies import ensure_policy
from tests.conftest import DomainClock
from tests.jobs.world import START

BOSTON = BASE_DIR / "docs" / "examples" / "boston.toml"

HEADING = (
    "CASE_ENQUIRY_ID,OPEN_DT,TARGET_DT,CLOSED_DT,OnTime_Status,CASE_STATUS,REASON,TYPE,QUEUE,"
    "neighborhood,LOCATION_ZIPCODE,Property_Type,LATITUDE,LONGITUDE,Source"
)


def line(
    case: str = "101",
    *,
    opened: str = "08/03/2015 09:15:00 AM",
    target: str = "08/04/2015 08:30:00 AM",
    kind: str = "Plumbing",
    area: str = "Roxbury",
    zip_code: str = "2118.0",
    latitude: str = "42.3375",
    longitude: str = "-71.0804",
) -> str:
    """One line of a file like Boston's."""
    return (
        f"{case},{opened},{target},,ONTIME,Open,Building,{kind},ISD,{area},{zip_code},Address,"
        f"{latitude},{longitude},Constituent Call"
    )


def csv_of(*lines: str) -> bytes:
    return ("\n".join([HEADING, *lines]) + "\n").encode()


@pytest.fixture
def mapping() -> IntakeMapping:
    return load_mapping(BOSTON)


@pytest.fixture
def branch(db: None, clock: DomainClock) -> Branch:
    """Boston with a network that works in every window; Monday 2 November 2026, 9:00 there."""
    clock.set(START)
    made = Branch.objects.create(
        slug="boston",
        name="Boston",
        reference_prefix="BOS",
        latitude=42.3601,
        longitude=-71.0589,
        service_radius_km=60,
    )
    create_branch_catalogue(made)
    ensure_policy(branch_id=made.pk)
    generate_network(branch=made, technicians=30, seed=1)
    return made


@pytest.fixture
def boston_file(tmp_path: Path) -> Path:
    path = tmp_path / "requests.csv"
    path.write_bytes(csv_of(line("101"), line("102", kind="Rodent Activity")))
    return path
