"""The admin: each branch's admins see and change their own branch, nobody else."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network.generator import generate_network
from network.models import (
    BranchStaff,
    CalendarEntry,
    Client,
    Contractor,
    ServiceType,
    Technician,
    TerritoryCell,
    User,
)
from tests.network.factories import (
    MONDAY,
    add_booking,
    make_branch,
    make_contractor,
    make_technician,
)

pytestmark = pytest.mark.django_db

MODELS = [
    "branch",
    "calendarentry",
    "client",
    "contractor",
    "servicetype",
    "skill",
    "technician",
    "territory",
]


@pytest.fixture
def branch():
    made = make_branch()
    generate_network(branch=made, technicians=12, seed=1, today=date(2026, 11, 23))
    Client.objects.create(branch=made, slug="c", name="Client")
    add_booking(Technician.objects.filter(branch=made)[0], MONDAY, 60)
    return made


@pytest.fixture
def branch_admin(client, branch):
    user = User.objects.create_user("admin@example.com", "x", is_staff=True)
    BranchStaff.objects.create(user=user, branch=branch, role="admin")
    client.force_login(user)
    return client


def rows(client, model: str) -> list:
    response = client.get(reverse(f"admin:network_{model}_changelist"))
    assert response.status_code == 200
    return list(response.context["cl"].queryset)


@pytest.mark.parametrize("model", MODELS)
def test_a_branch_admin_sees_their_own_rows_and_no_others(branch_admin, branch, model) -> None:
    other = make_branch()
    generate_network(branch=other, technicians=5, seed=2, today=date(2026, 11, 23))
    foreign_client = Client.objects.create(branch=other, slug="c", name="Foreign")
    stranger = Technician.objects.filter(branch=other)[0]
    strangers = {
        "branch": other,
        "calendarentry": add_booking(stranger, MONDAY, 60),
        "client": foreign_client,
        "contractor": stranger.contractor,
        "servicetype": ServiceType.objects.filter(branch=other)[0],
        "skill": stranger.skills.all()[0].skill,
        "technician": stranger,
        "territory": stranger.contractor.territory,
    }
    mine = rows(branch_admin, model)
    assert mine
    assert strangers[model] not in mine
    page = branch_admin.get(reverse(f"admin:network_{model}_change", args=[mine[0].pk]))
    assert page.status_code == 200
    foreign = reverse(f"admin:network_{model}_change", args=[strangers[model].pk])
    assert branch_admin.get(foreign).status_code == 302, "as if it did not exist"


@pytest.mark.parametrize("model", [*MODELS, "user"])
def test_a_dispatcher_has_no_part_in_the_admin(client, branch, model) -> None:
    user = User.objects.create_user("d@example.com", "x", is_staff=True)
    BranchStaff.objects.create(user=user, branch=branch, role="dispatcher")
    client.force_login(user)
    assert client.get(reverse(f"admin:network_{model}_changelist")).status_code == 403


def test_users_are_for_superusers(branch_admin, client) -> None:
    assert branch_admin.get(reverse("admin:network_user_changelist")).status_code == 403
    client.force_login(User.objects.create_superuser("root@example.com", "x"))
    assert client.get(reverse("admin:network_user_changelist")).status_code == 200
    assert client.get(reverse("admin:network_user_add")).status_code == 200
    answer = client.post(
        reverse("admin:network_user_add"),
        {
            "email": "New@Example.com",
            "name": "New",
            "usable_password": "true",
            "password1": "a-long-unusual-phrase",
            "password2": "a-long-unusual-phrase",
            "branch_roles-TOTAL_FORMS": 0,
            "branch_roles-INITIAL_FORMS": 0,
        },
    )
    assert answer.status_code == 302
    made = User.objects.get(email="new@example.com")
    assert made.check_password("a-long-unusual-phrase")
    assert client.get(reverse("admin:network_user_change", args=[made.pk])).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_lists_ask_the_same_number_of_queries_for_more_rows(branch_admin, branch, model) -> None:
    url = reverse(f"admin:network_{model}_changelist")
    branch_admin.get(url)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert branch_admin.get(url).status_code == 200
        return len(captured)

    few = queries()
    generate_network(branch=branch, technicians=30, seed=9, today=date(2026, 11, 23))
    for technician in Technician.objects.filter(branch=branch)[5:15]:
        add_booking(technician, MONDAY, 60)
    assert queries() == few


def test_calendar_entries_are_shown_and_not_edited(branch_admin) -> None:
    entry = CalendarEntry.objects.get()
    url = reverse("admin:network_calendarentry_change", args=[entry.pk])
    assert branch_admin.post(url, {"note": "x"}).status_code == 403
    assert branch_admin.get(reverse("admin:network_calendarentry_add")).status_code == 403
    delete = reverse("admin:network_calendarentry_delete", args=[entry.pk])
    assert branch_admin.post(delete, {"post": "yes"}).status_code == 403


def test_saving_a_territory_writes_its_cells(branch_admin, branch) -> None:
    contractor = make_contractor(branch, radius_km=None)
    values = {
        "contractor": contractor.pk,
        "kind": "radius",
        "latitude": "42.35",
        "longitude": "-71.06",
        "radius_km": "10",
    }
    answer = branch_admin.post(reverse("admin:network_territory_add"), values)
    assert answer.status_code == 302
    contractor.refresh_from_db()
    small = TerritoryCell.objects.filter(contractor=contractor).count()
    assert small > 10
    url = reverse("admin:network_territory_change", args=[contractor.territory.pk])
    assert branch_admin.post(url, values | {"radius_km": "30"}).status_code == 302
    assert TerritoryCell.objects.filter(contractor=contractor).count() > small
    too_far = branch_admin.post(url, values | {"radius_km": "500"})
    assert too_far.status_code == 200
    assert too_far.context["errors"]


def contractor_form(contractor: Contractor, **changes) -> dict:
    return {
        "name": contractor.name,
        "email": "",
        "phone": "",
        "status": contractor.status,
        "cleared_until": "2027-01-01",
        "base_latitude": contractor.base_latitude,
        "base_longitude": contractor.base_longitude,
        "tier": 2,
        "call_out_fee": "50",
        "hourly_rate": "100",
        "joined_on": "2025-01-01",
        "notice_minutes": 0,
        "works_on_holidays": "on",
        "rate_cards-TOTAL_FORMS": 0,
        "rate_cards-INITIAL_FORMS": 0,
        "events-TOTAL_FORMS": 0,
        "events-INITIAL_FORMS": 0,
        "technicians-TOTAL_FORMS": 0,
        "technicians-INITIAL_FORMS": 0,
        "user_links-TOTAL_FORMS": 0,
        "user_links-INITIAL_FORMS": 0,
    } | changes


def test_a_status_moves_only_as_the_table_says(branch_admin, branch) -> None:
    contractor = make_contractor(branch, status="left")
    url = reverse("admin:network_contractor_change", args=[contractor.pk])
    refused = branch_admin.post(url, contractor_form(contractor, status="active"))
    assert refused.status_code == 200
    assert "From left a contractor cannot become active directly." in str(refused.context["errors"])
    assert (
        branch_admin.post(url, contractor_form(contractor, status="applicant")).status_code == 302
    )
    contractor.refresh_from_db()
    assert contractor.status == "applicant"
    # A date typed here is an override that says who typed it.
    assert contractor.clearance_override_until == contractor.cleared_until == date(2027, 1, 1)
    assert contractor.clearance_override_note.startswith("Set in the admin by ")
    assert set(contractor.events.values_list("action", flat=True)) == {
        "status-applicant",
        "clearance-set-by-hand",
    }


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"kind": "zips", "zips": "02215,02116"}, 0),
        ({"kind": "polygon", "outline": "[[42.3, -71.1], [42.4, -71.1], [42.4, -71.0]]"}, 0),
        ({"kind": "zips", "zips": "10115"}, 1),
        ({"kind": "zips"}, 1),
        ({"kind": "polygon", "outline": "[[42.3, -71.1], [42.4, -71.0]]"}, 1),
        ({"kind": "polygon", "outline": "[1, 2, 3]"}, 1),
    ],
)
def test_territories_of_every_kind_are_edited_or_refused(
    branch_admin, branch, values, count
) -> None:
    contractor = make_contractor(branch)
    url = reverse("admin:network_territory_change", args=[contractor.territory.pk])
    answer = branch_admin.post(url, values)
    if count:
        assert answer.status_code == 200
        assert len(answer.context["adminform"].form.errors) == count
    else:
        assert answer.status_code == 302
        contractor.territory.refresh_from_db()
        assert contractor.territory.kind == values["kind"]


def test_a_requirement_saved_in_the_admin_works_out_clearance(branch_admin, branch) -> None:
    contractor = make_contractor(branch)
    answer = branch_admin.post(
        reverse("admin:network_requirement_add"),
        {
            "branch": branch.pk,
            "name": "Insurance",
            "kind": "insurance",
            "required_from": "2025-01-01",
            "active": "on",
        },
    )
    assert answer.status_code == 302
    contractor.refresh_from_db()
    assert contractor.cleared_until is None


def test_half_the_contact_hours_are_an_error_on_the_page(branch_admin, branch) -> None:
    contractor = make_contractor(branch)
    url = reverse("admin:network_contractor_change", args=[contractor.pk])
    answer = branch_admin.post(url, contractor_form(contractor, contact_from="08:00"))
    assert answer.status_code == 200
    assert "both contact hours" in answer.content.decode()


def test_a_technician_added_in_the_admin_is_of_the_contractors_branch(branch_admin, branch) -> None:
    contractor = make_contractor(branch)
    form = contractor_form(contractor) | {
        "technicians-TOTAL_FORMS": 1,
        "technicians-0-name": "New",
        "technicians-0-active": "on",
        "technicians-0-contractor": contractor.pk,
    }
    url = reverse("admin:network_contractor_change", args=[contractor.pk])
    assert branch_admin.post(url, form).status_code == 302
    assert Technician.objects.get(contractor=contractor).branch == branch


def test_a_foreign_contractor_cannot_be_chosen(branch_admin) -> None:
    stranger = make_contractor(make_branch())
    make_technician(stranger)
    answer = branch_admin.post(
        reverse("admin:network_territory_add"),
        {
            "contractor": stranger.pk,
            "kind": "radius",
            "latitude": "1",
            "longitude": "1",
            "radius_km": "10",
        },
    )
    assert answer.status_code == 200
    assert answer.context["errors"]
