"""Who can do a job, and the reasons of the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.availability import Refusal
from network.eligibility import explain_not_eligible, find_eligible, forget_counts
from network.generator import generate_network
from network.models import ClientContractor, Contractor, ServiceType
from tests.network.factories import (
    MONDAY,
    add_booking,
    load,
    make_branch,
    make_client,
    make_contractor,
    make_service_type,
    make_skill,
    make_technician,
    set_hours,
    work_order,
)

pytestmark = pytest.mark.django_db

EARLY = MONDAY - timedelta(days=1)
FAR = (42.60, -71.45)


@pytest.fixture
def branch():
    return make_branch()


def test_each_rule_refuses_with_its_count_and_its_sentence(branch) -> None:
    skill = make_skill(branch)
    service_type = make_service_type(branch, {skill: 2})
    client = make_client(branch)

    def contractor(name: str, level: int = 2, **fields):
        made = make_contractor(branch, name=name, **fields)
        return made, make_technician(made, {skill: level})

    fine, fine_technician = contractor("Fine")
    contractor("Paused", status="paused")
    contractor("Lapsed", cleared_until=date(2026, 5, 4))
    contractor("Never cleared", cleared_until=None)
    contractor("Far", base_latitude=FAR[0], base_longitude=FAR[1])
    blocked, _ = contractor("Blocked")
    ClientContractor.objects.create(client=client, contractor=blocked, relation="blocked")
    contractor("Learner", level=1)
    _, resting = contractor("Resting")
    set_hours(resting, time(18), time(22))
    _, busy = contractor("Busy")
    add_booking(busy, MONDAY, 300)
    contractor("Gone", status="left")
    make_technician(make_contractor(branch, name="Other trade"), {make_skill(branch, "roofs"): 3})

    work = replace(work_order(service_type), client_id=client.pk)
    found = find_eligible(work, at=EARLY)
    assert [(slot.contractor_id, slot.technician_id) for slot in found.slots] == [
        (fine.pk, fine_technician.pk)
    ]
    assert found.not_eligible == {
        "not_active": 1,
        "not_cleared": 2,
        "outside_territory": 1,
        "blocked_by_client": 1,
        "skill_level_too_low": 1,
        "not_working": 1,
        "fully_booked": 1,
    }
    assert [
        (entry.name, entry.rule, entry.sentence) for entry in explain_not_eligible(work, at=EARLY)
    ] == [
        ("Paused", "not_active", "has paused work"),
        ("Lapsed", "not_cleared", "cleared only until 4 May 2026"),
        ("Never cleared", "not_cleared", "not cleared for work"),
        ("Far", "outside_territory", "outside territory by 12.4 mi"),
        ("Blocked", "blocked_by_client", "blocked by the client"),
        ("Learner", "skill_level_too_low", "Water heaters: skill level 1 of 2"),
        ("Resting", "not_working", "does not work Mon 08:00–12:00 long enough for the visit"),
        ("Busy", "fully_booked", "fully booked in the window"),
    ]


def test_without_required_skill_the_whole_branch_is_considered(branch) -> None:
    service_type = make_service_type(branch, {})
    contractor = make_contractor(branch)
    make_technician(contractor)
    make_contractor(branch, status="suspended")
    found = find_eligible(work_order(service_type), at=EARLY)
    assert [slot.contractor_id for slot in found.slots] == [contractor.pk]
    assert found.not_eligible == {"not_active": 1}


def test_a_service_type_of_another_branch_is_an_error(branch) -> None:
    service_type = make_service_type(make_branch(), {})
    with pytest.raises(LookupError):
        find_eligible(replace(work_order(service_type), branch_id=branch.pk), at=EARLY)


def queries_of(call) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call()
    return len(captured)


def test_the_number_of_queries_is_fixed_however_large_the_network(branch) -> None:
    generate_network(branch=branch, technicians=60, seed=3, today=date(2026, 11, 20))
    service_type = ServiceType.objects.get(branch=branch, slug="leak-repair")
    work = work_order(service_type)
    assert queries_of(lambda: find_eligible(work, at=EARLY)) == 9
    assert queries_of(lambda: find_eligible(work, at=EARLY)) == 8, "counts are remembered"
    small = len(find_eligible(work, at=EARLY).slots)
    generate_network(branch=branch, technicians=600, seed=4, today=date(2026, 11, 20))
    assert queries_of(lambda: find_eligible(work, at=EARLY)) == 9
    assert len(find_eligible(work, at=EARLY).slots) > small


def test_the_index_and_the_rules_in_memory_agree_over_a_generated_network(branch) -> None:
    generate_network(branch=branch, technicians=400, seed=5, today=date(2026, 11, 20))
    everybody = list(Contractor.objects.filter(branch=branch))
    for slug, place in (
        ("leak-repair", (42.36, -71.06)),
        ("panel-upgrade", (42.45, -71.20)),
        ("sign-repair", (42.20, -71.00)),
    ):
        work = work_order(ServiceType.objects.get(branch=branch, slug=slug), place=place)
        availability = load(work, *everybody)
        expected = {
            slot.contractor_id: slot
            for contractor in everybody
            if not isinstance(
                slot := availability.best_slot(work, contractor.pk, not_before=EARLY), Refusal
            )
        }
        forget_counts()
        found = find_eligible(work, at=EARLY)
        assert {slot.contractor_id: slot for slot in found.slots} == expected
        assert len(expected) > 1
        explained = explain_not_eligible(work, at=EARLY)
        counts: dict[str, int] = {}
        for entry in explained:
            counts[entry.rule] = counts.get(entry.rule, 0) + 1
        assert counts == found.not_eligible
