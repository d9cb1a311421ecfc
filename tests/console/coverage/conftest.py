"""The Boston world, with requests of the past and half-days to count."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from jobs.console.coverage.view import Coverage, load_coverage
from jobs.models import PastRequest
from network.geo import site_cell
from network.models import Branch, ServiceType
from tests.console.conftest import (  # noqa: F401
    branch,
    branch_admin,
    dispatcher,
    harold,
    james,
    lisa,
    make_job,
    nora,
    other_dispatcher,
    service_type,
    trio,
)
from tests.jobs.world import SITE, START

#: A site in Hyde Park; ``SITE`` lies in Fenway. The three plumbers live around Fenway.
HYDE_PARK = (42.2551, -71.1245)
TODAY = date(2026, 11, 2)  # a Monday, 9:00 local


@pytest.fixture
def asked_for(branch: Branch, service_type: ServiceType) -> Any:  # noqa: F811
    """Takes past requests in, one for each local moment."""
    numbers = iter(range(10_000))

    def take(*moments: datetime, site: tuple[float, float] = SITE, **changes: Any) -> None:
        PastRequest.objects.bulk_create(
            PastRequest(
                **{
                    "branch": branch,
                    "service_type": service_type,
                    "window_start": moment.replace(tzinfo=branch.zone),
                    "duration_minutes": 75,
                    "postcode": "02215",
                    "latitude": site[0],
                    "longitude": site[1],
                    "cell": site_cell(*site),
                    "external_ref": f"past:{next(numbers)}",
                    **changes,
                }
            )
            for moment in moments
        )

    return take


def local(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))


def counted(of: Branch) -> Coverage:
    return load_coverage(of, at=START)


def figures(coverage: Coverage, area: str, day: date, half: str, trade: str = "plumbing") -> Any:
    """(expected, needed, technicians, lacking) of one half-day."""
    found = coverage.trades[trade]
    row = found.demand.areas.index(area)
    column = coverage.period.days.index(day) * 2 + (half == "pm")
    return (
        round(float(found.demand.expected_ahead(coverage.period)[row, column]), 2),
        round(float(found.needed[row, column]), 2),
        int(found.capacity.technicians[row, column]),
        round(float(found.lacking[row, column]), 2),
    )
