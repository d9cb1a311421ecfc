"""The invented network: repeatable, whole, labelled."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Count, F

from network.catalogue import TRADES, create_branch_catalogue
from network.generator import generate_network
from network.generator_tables import TRADE_SHARES
from network.geo import circle_cells, distance_km
from network.models import (
    Contractor,
    ServiceType,
    ServiceTypeSkill,
    Technician,
    TechnicianSkill,
    TerritoryCell,
    WorkingHours,
)
from tests.network.factories import make_branch

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def picture(branch) -> list[tuple]:
    """Everything that is drawn, without ids."""
    rows = Technician.objects.filter(branch=branch).order_by("id")
    return [
        (
            technician.name,
            technician.active,
            technician.base_latitude,
            technician.contractor.name,
            technician.contractor.status,
            technician.contractor.hourly_rate,
            technician.contractor.cleared_until,
            technician.contractor.territory.radius_km,
            sorted(technician.skills.values_list("skill__slug", "level", "expires_on")),
            list(technician.working_hours.values_list("weekday", "starts", "ends")),
        )
        for technician in rows.select_related("contractor__territory")
    ]


def test_the_same_seed_makes_the_same_network_and_another_seed_another() -> None:
    branches = [make_branch() for _ in range(3)]
    for branch, seed in zip(branches, (7, 7, 8), strict=True):
        generate_network(branch=branch, technicians=50, seed=seed, today=TODAY)
    first, same, other = (picture(branch) for branch in branches)
    assert first == same
    assert first != other


def test_every_contractor_is_whole_and_labelled() -> None:
    branch = make_branch()
    made = generate_network(branch=branch, technicians=200, seed=1, today=TODAY)
    contractors = Contractor.objects.filter(branch=branch)
    assert sorted(made.contractor_ids) == sorted(contractors.values_list("id", flat=True))
    assert len(made.technician_ids) == 200
    assert not contractors.filter(is_simulated=False).exists()
    assert not contractors.exclude(email__endswith=".example").exists()
    assert contractors.values("name").distinct().count() == contractors.count()
    sizes = contractors.annotate(people=Count("technicians")).values_list("people", flat=True)
    assert min(sizes) == 1
    assert 3 <= max(sizes) <= 8
    technicians = Technician.objects.filter(branch=branch)
    assert not technicians.exclude(id__in=TechnicianSkill.objects.values("technician")).exists()
    assert not technicians.exclude(id__in=WorkingHours.objects.values("technician")).exists()
    for contractor in contractors:
        contractor.full_clean()
        assert (
            distance_km(
                contractor.base_latitude,
                contractor.base_longitude,
                branch.latitude,
                branch.longitude,
            )
            < 0.7 * branch.service_radius_km + 2
        )


def test_territories_are_what_the_service_would_have_written() -> None:
    branch = make_branch()
    generate_network(branch=branch, technicians=30, seed=2, today=TODAY)
    for contractor in Contractor.objects.filter(branch=branch).select_related("territory")[:8]:
        territory = contractor.territory
        stored = sorted(
            TerritoryCell.objects.filter(territory=territory).values_list("cell", flat=True)
        )
        assert stored == circle_cells(territory.latitude, territory.longitude, territory.radius_km)


def test_even_a_small_network_has_every_trade() -> None:
    branch = make_branch()
    generate_network(branch=branch, technicians=60, seed=1, today=TODAY)
    had = set(
        TechnicianSkill.objects.filter(technician__branch=branch).values_list(
            "skill__slug", flat=True
        )
    )
    for trade in TRADES:
        assert next(iter(trade.skills)) in had, trade.slug
    assert set(TRADE_SHARES) == {trade.slug for trade in TRADES}


def test_only_the_trades_asked_for_are_made() -> None:
    branch = make_branch()
    generate_network(
        branch=branch, technicians=20, seed=1, today=TODAY, trades={"signage": 1, "tree": 0}
    )
    slugs = TechnicianSkill.objects.filter(technician__branch=branch).values_list(
        "skill__slug", flat=True
    )
    assert set(slugs) == {"signage"}


def test_a_branch_far_from_any_zip_gets_a_network_too() -> None:
    branch = make_branch(latitude=52.52, longitude=13.40, time_zone="Europe/Berlin")
    generate_network(branch=branch, technicians=25, seed=1, today=TODAY)
    assert TerritoryCell.objects.filter(branch=branch).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"technicians": 0}, "at least one technician"),
        ({"trades": {"alchemy": 1}}, "Unknown trades: alchemy"),
        ({"trades": {"tree": 0}}, "share above 0"),
    ],
)
def test_senseless_wishes_are_refused(arguments, words) -> None:
    with pytest.raises(ValueError, match=words):
        generate_network(
            **({"branch": make_branch(), "technicians": 5, "seed": 1, "today": TODAY} | arguments)
        )


def test_the_catalogue_can_be_made_again_and_keeps_what_was_edited() -> None:
    branch = make_branch()
    create_branch_catalogue(branch)
    edited = ServiceType.objects.get(branch=branch, slug="water-heater-repair")
    edited.usual_duration_minutes = 80
    edited.save()
    ServiceTypeSkill.objects.filter(service_type=edited).update(min_level=1)
    again = create_branch_catalogue(branch)
    assert again["water-heater-repair"].usual_duration_minutes == 80
    assert list(edited.required_skills.values_list("min_level", flat=True)) == [1]
    assert len(again) == sum(len(trade.works) for trade in TRADES)
    assert not ServiceType.objects.filter(branch=branch, required_skills=None).exists()
    assert not ServiceType.objects.exclude(branch=F("required_skills__skill__branch")).exists()
    for service_type in again.values():
        service_type.full_clean()
