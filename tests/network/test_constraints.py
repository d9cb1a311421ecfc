"""What the database itself refuses: each refusal, and that it is this constraint that refuses.

Every case is run twice: as things are, where the named constraint must refuse it, and with that
constraint dropped (inside the test's transaction), where the bad row must go in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from network.models import (
    Application,
    Branch,
    BranchStaff,
    CalendarEntry,
    Client,
    ClientContractor,
    ClientPrice,
    Contractor,
    ContractorImport,
    ContractorUser,
    Document,
    DomainClock,
    ExpiryWarning,
    ImportedContractor,
    Invitation,
    RateCard,
    Requirement,
    ServiceType,
    ServiceTypeSkill,
    Skill,
    Technician,
    TechnicianSkill,
    Territory,
    User,
    WorkingHours,
)
from tests.network.factories import BOSTON, MONDAY, make_branch

pytestmark = pytest.mark.django_db

REF = UUID("01890000-0000-7000-8000-000000000001")
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> SimpleNamespace:
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


def _contractor(w: Any, **fields: Any) -> None:
    values = {
        "branch": w.branch,
        "name": "Bad",
        "base_latitude": 1,
        "base_longitude": 1,
        "joined_on": date(2025, 1, 1),
    }
    Contractor.objects.create(**(values | fields))


def _entry(w: Any, **fields: Any) -> None:
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


def _entries(w: Any, first: dict[str, Any], second: dict[str, Any]) -> None:
    _entry(w, **first)
    _entry(w, **second)


def _territory(w: Any, **fields: Any) -> Territory:
    values = {
        "contractor": w.contractor,
        "branch_id": w.branch.pk,
        "latitude": 1,
        "longitude": 1,
        "radius_km": 5,
    }
    return Territory.objects.create(**(values | fields))


def _rate(w: Any, **amounts: Any) -> None:
    RateCard.objects.create(
        contractor=w.contractor, service_type=w.work, valid_from=date(2026, 1, 1), **amounts
    )


def _client_price(w: Any, amount: int) -> None:
    ClientPrice.objects.create(
        client=w.client, service_type=w.work, valid_from=date(2026, 1, 1), amount=amount
    )


def _requirement(w: Any, **fields: Any) -> Requirement:
    values = {"name": "R", "kind": "insurance", "required_from": date(2026, 1, 1)}
    return Requirement.objects.create(branch=w.branch, **(values | fields))


def _document(w: Any, **fields: Any) -> Document:
    if "requirement" not in fields:
        fields["requirement"] = _requirement(w)
    return Document.objects.create(
        contractor=w.contractor, **({"kind": "insurance", "size_bytes": 1} | fields)
    )


def _warnings(w: Any) -> None:
    document = _document(w)
    _twice(lambda: ExpiryWarning.objects.create(document=document, days=7, due_on=date(2026, 1, 1)))


def _invitation(w: Any, token: str, **fields: Any) -> None:
    values = {"email": "a@b.example", "expires_at": MONDAY}
    Invitation.objects.create(branch=w.branch, token_hash=token, **(values | fields))


def _imported(w: Any, *actions: str) -> None:
    done = ContractorImport.objects.create(branch=w.branch, file_name="l", source="s")
    for action in actions:
        ImportedContractor.objects.create(
            contractor_import=done, contractor=w.contractor, line=1, action=action
        )


def _twice(create: Callable[[], Any]) -> None:
    create()
    create()


def _service_type(w: Any, **fields: Any) -> None:
    values = {
        "branch": w.branch,
        "slug": "bad",
        "name": "Bad",
        "trade": "t",
        "usual_duration_minutes": 60,
    }
    ServiceType.objects.create(**(values | fields))


def _sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _cell_of_another_branch(w: Any) -> None:
    _sql(
        "INSERT INTO network_territorycell (territory_id, contractor_id, branch_id, cell)"
        " VALUES (%s, %s, %s, 1)",
        _territory(w).pk,
        w.contractor.pk,
        w.other.pk,
    )


Case = tuple[str, type, Callable[[Any], Any]]
CASES: list[Case] = [
    (
        "calendar_entries_never_overlap",
        CalendarEntry,
        lambda w: _entries(w, {}, {"period": (MONDAY + HOUR / 2, MONDAY + 2 * HOUR)}),
    ),
    (
        "network_calendarentry_once_per_source",
        CalendarEntry,
        lambda w: _entries(
            w,
            {"source_ref": REF},
            {"source_ref": REF, "period": (MONDAY + HOUR, MONDAY + 2 * HOUR)},
        ),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: _entry(w, kind="hold", source_ref=None),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: _entry(w, kind="booking", latitude=None, longitude=None),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: _entry(w, kind="time_off", source_ref=None),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: _entry(w, kind="nap"),
    ),
    (
        "network_calendarentry_period_is_bounded",
        CalendarEntry,
        lambda w: _entry(w, period=(MONDAY, None)),
    ),
    (
        "network_calendarentry_period_is_bounded",
        CalendarEntry,
        lambda w: _entry(w, period=(MONDAY, MONDAY)),
    ),
    (
        "network_calendarentry_technician_of_the_same_branch",
        CalendarEntry,
        lambda w: _entry(w, branch_id=w.other.pk),
    ),
    (
        "network_technician_contractor_of_the_same_branch",
        Technician,
        lambda w: Technician.objects.create(
            contractor=w.contractor, branch_id=w.other.pk, name="X"
        ),
    ),
    (
        "network_technician_base_is_whole",
        Technician,
        lambda w: Technician.objects.create(contractor=w.contractor, name="X", base_latitude=1),
    ),
    (
        "network_territory_contractor_of_the_same_branch",
        Territory,
        lambda w: _territory(w, branch_id=w.other.pk),
    ),
    ("network_territory_radius_1_to_200_km", Territory, lambda w: _territory(w, radius_km=201)),
    (
        "network_territory_centre_is_on_the_globe",
        Territory,
        lambda w: _territory(w, latitude=91),
    ),
    ("network_territory_kind_fits_its_fields", Territory, lambda w: _territory(w, kind="zips")),
    ("network_territory_kind_fits_its_fields", Territory, lambda w: _territory(w, kind="moon")),
    (
        "network_territory_kind_fits_its_fields",
        Territory,
        lambda w: _territory(w, kind="polygon", radius_km=None, zips=["02215"]),
    ),
    ("network_territory_kind_fits_its_fields", Territory, lambda w: _territory(w, radius_km=None)),
    ("network_territorycell_as_its_territory", "network_territorycell", _cell_of_another_branch),  # type: ignore[list-item]
    (
        "network_technicianskill_contractor_of_its_technician",
        TechnicianSkill,
        lambda w: TechnicianSkill.objects.bulk_create(
            [TechnicianSkill(technician=w.technician, skill=w.skill, level=1, contractor_id=0)]
        ),
    ),
    (
        "network_technicianskill_once_per_pair",
        TechnicianSkill,
        lambda w: _twice(
            lambda: TechnicianSkill.objects.create(technician=w.technician, skill=w.skill)
        ),
    ),
    (
        "network_technicianskill_level_1_to_3",
        TechnicianSkill,
        lambda w: TechnicianSkill.objects.create(technician=w.technician, skill=w.skill, level=4),
    ),
    ("network_contractor_status_is_known", Contractor, lambda w: _contractor(w, status="gone")),
    (
        "network_contractor_base_is_on_the_globe",
        Contractor,
        lambda w: _contractor(w, base_longitude=181),
    ),
    ("network_contractor_tier_1_to_3", Contractor, lambda w: _contractor(w, tier=4)),
    (
        "network_contractor_rates_are_not_negative",
        Contractor,
        lambda w: _contractor(w, hourly_rate=-1),
    ),
    (
        "network_contractor_override_says_why",
        Contractor,
        lambda w: _contractor(w, clearance_override_until=date(2027, 1, 1)),
    ),
    ("network_requirement_kind_is_known", Requirement, lambda w: _requirement(w, kind="oath")),
    (
        "network_requirement_has_one_scope",
        Requirement,
        lambda w: _requirement(w, skill=w.skill, service_type=w.work),
    ),
    (
        "network_requirement_name_once_per_branch",
        Requirement,
        lambda w: _twice(lambda: _requirement(w)),
    ),
    ("network_document_is_for_something", Document, lambda w: _document(w, requirement=None)),
    ("network_document_kind_is_known", Document, lambda w: _document(w, kind="oath")),
    (
        "network_document_state_fits_its_review",
        Document,
        lambda w: _document(w, state="approved"),
    ),
    (
        "network_document_state_fits_its_review",
        Document,
        lambda w: _document(w, state="rejected", reviewed_at=MONDAY),
    ),
    (
        "network_expirywarning_once_per_threshold",
        ExpiryWarning,
        lambda w: _warnings(w),
    ),
    (
        "network_invitation_one_open_per_email",
        Invitation,
        lambda w: (_invitation(w, "1"), _invitation(w, "2", email="A@B.example")),
    ),
    (
        "network_invitation_ends_one_way",
        Invitation,
        lambda w: _invitation(w, "1", registered_at=MONDAY, revoked_at=MONDAY),
    ),
    (
        "network_application_state_fits_its_review",
        Application,
        lambda w: Application.objects.create(
            contractor=w.contractor, state="rejected", reviewed_at=MONDAY
        ),
    ),
    (
        "network_application_state_fits_its_review",
        Application,
        lambda w: Application.objects.create(contractor=w.contractor, state="approved"),
    ),
    (
        "network_contractor_external_ref_once_per_branch",
        Contractor,
        lambda w: _twice(lambda: _contractor(w, external_ref="x")),
    ),
    (
        "network_importedcontractor_action_is_known",
        ImportedContractor,
        lambda w: _imported(w, "dreamt"),
    ),
    (
        "network_importedcontractor_once_per_import",
        ImportedContractor,
        lambda w: _imported(w, "created", "created"),
    ),
    (
        "network_contractor_notice_at_most_two_weeks",
        Contractor,
        lambda w: _contractor(w, notice_minutes=20_161),
    ),
    (
        "network_contractor_jobs_a_day_1_to_200",
        Contractor,
        lambda w: _contractor(w, most_jobs_a_day=0),
    ),
    ("network_ratecard_fixed_or_by_the_hour", RateCard, lambda w: _rate(w)),
    (
        "network_ratecard_fixed_or_by_the_hour",
        RateCard,
        lambda w: _rate(w, fixed_price=1, hourly_rate=1),
    ),
    (
        "network_ratecard_fixed_or_by_the_hour",
        RateCard,
        lambda w: _rate(w, call_out_fee=1),
    ),
    (
        "network_ratecard_once_per_day",
        RateCard,
        lambda w: _twice(lambda: _rate(w, fixed_price=1)),
    ),
    ("network_clientprice_is_positive", ClientPrice, lambda w: _client_price(w, 0)),
    (
        "network_clientprice_once_per_day",
        ClientPrice,
        lambda w: _twice(lambda: _client_price(w, 1)),
    ),
    (
        "network_contractor_contact_hours_are_both_or_none",
        Contractor,
        lambda w: _contractor(w, contact_from=time(8)),
    ),
    (
        "network_contractor_contact_hours_are_both_or_none",
        Contractor,
        lambda w: _contractor(w, contact_from=time(8), contact_until=time(8)),
    ),
    (
        "network_contractoruser_once_per_pair",
        ContractorUser,
        lambda w: _twice(
            lambda: ContractorUser.objects.create(user=w.user, contractor=w.contractor)
        ),
    ),
    (
        "network_workinghours_weekday_monday_is_0",
        WorkingHours,
        lambda w: WorkingHours.objects.create(
            technician=w.technician, weekday=7, starts=time(8), ends=time(9)
        ),
    ),
    (
        "network_workinghours_once_per_start",
        WorkingHours,
        lambda w: _twice(
            lambda: WorkingHours.objects.create(
                technician=w.technician, weekday=0, starts=time(8), ends=time(9)
            )
        ),
    ),
    (
        "network_skill_slug_once_per_branch",
        Skill,
        lambda w: Skill.objects.create(branch=w.branch, slug="s", name="again"),
    ),
    (
        "network_servicetype_slug_once_per_branch",
        ServiceType,
        lambda w: _service_type(w, slug="w"),
    ),
    (
        "network_servicetype_duration_5_minutes_to_a_day",
        ServiceType,
        lambda w: _service_type(w, usual_duration_minutes=4),
    ),
    (
        "network_servicetype_limit_is_positive",
        ServiceType,
        lambda w: _service_type(w, not_to_exceed=0),
    ),
    (
        "network_servicetype_priority_is_known",
        ServiceType,
        lambda w: _service_type(w, default_priority="soon"),
    ),
    (
        "network_servicetypeskill_once_per_pair",
        ServiceTypeSkill,
        lambda w: _twice(
            lambda: ServiceTypeSkill.objects.create(service_type=w.work, skill=w.skill)
        ),
    ),
    (
        "network_servicetypeskill_level_1_to_3",
        ServiceTypeSkill,
        lambda w: ServiceTypeSkill.objects.create(service_type=w.work, skill=w.skill, min_level=0),
    ),
    (
        "network_client_slug_once_per_branch",
        Client,
        lambda w: Client.objects.create(branch=w.branch, slug="c", name="again"),
    ),
    (
        "network_client_limit_is_positive",
        Client,
        lambda w: Client.objects.create(branch=w.branch, slug="x", name="X", not_to_exceed=-1),
    ),
    (
        "network_clientcontractor_once_per_pair",
        ClientContractor,
        lambda w: _twice(
            lambda: ClientContractor.objects.create(
                client=w.client, contractor=w.contractor, relation="blocked"
            )
        ),
    ),
    (
        "network_clientcontractor_relation_is_known",
        ClientContractor,
        lambda w: ClientContractor.objects.create(
            client=w.client, contractor=w.contractor, relation="friends"
        ),
    ),
    (
        "network_branch_is_on_the_globe",
        Branch,
        lambda w: make_branch(latitude=-91),
    ),
    (
        "network_branch_radius_is_positive",
        Branch,
        lambda w: make_branch(service_radius_km=0),
    ),
    (
        "network_branch_currency_is_three_capitals",
        Branch,
        lambda w: make_branch(currency="usd"),
    ),
    (
        "network_branchstaff_once_per_branch",
        BranchStaff,
        lambda w: _twice(lambda: BranchStaff.objects.create(user=w.user, branch=w.branch)),
    ),
    (
        "network_branchstaff_role_is_known",
        BranchStaff,
        lambda w: BranchStaff.objects.create(user=w.user, branch=w.branch, role="boss"),
    ),
    (
        "network_domainclock_is_one_row",
        DomainClock,
        lambda w: DomainClock.objects.create(id=2),
    ),
    (
        "network_domainclock_scale_is_positive",
        DomainClock,
        lambda w: DomainClock.objects.update_or_create(id=1, defaults={"scale": 0}),
    ),
]
IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(CASES)]


def _table(model: Any) -> str:
    return model if isinstance(model, str) else model._meta.db_table


@pytest.mark.parametrize(("name", "model", "bad"), CASES, ids=IDS)
def test_the_constraint_refuses(world, name: str, model: type, bad: Callable[[Any], Any]) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        bad(world)
    assert refusal.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "model", "bad"), CASES, ids=IDS)
def test_without_the_constraint_the_bad_row_goes_in(
    world, name: str, model: type, bad: Callable[[Any], Any]
) -> None:
    with connection.cursor() as cursor:
        # Deferred checks that are still pending would forbid changing the table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name])
        if cursor.fetchone():
            cursor.execute(f"ALTER TABLE {_table(model)} DROP CONSTRAINT {name}")
        else:
            cursor.execute(f"DROP INDEX {name}")
    bad(world)


def test_every_named_constraint_of_the_network_has_a_case() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'network\\_%%'"
            " AND contype IN ('c', 'x')"
            # Django's own checks that small positive numbers are not negative.
            " AND conname NOT LIKE '%%\\_check'"
        )
        named = {row[0] for row in cursor.fetchall()}
    covered = {name for name, _, _ in CASES} | {"network_user_email_is_lower_case"}
    assert named - covered == set()


def test_touching_entries_are_no_overlap(world) -> None:
    _entry(world)
    _entry(world, period=(MONDAY + HOUR, MONDAY + 2 * HOUR))
    assert CalendarEntry.objects.count() == 2


def test_bulk_rows_get_branch_and_contractor_from_their_parent(world) -> None:
    [technician] = Technician.objects.bulk_create([Technician(contractor=world.contractor)])
    [had] = TechnicianSkill.objects.bulk_create(
        [TechnicianSkill(technician=technician, skill=world.skill)]
    )
    technician.refresh_from_db()
    had.refresh_from_db()
    assert technician.branch_id == world.branch.pk
    assert had.contractor_id == world.contractor.pk


def test_a_place_is_needed_to_hold_time(world) -> None:
    _entry(world, kind="time_off", latitude=None, longitude=None, source_ref=None)
    entry = CalendarEntry.objects.get()
    assert BOSTON
    assert entry.created_at is not None
