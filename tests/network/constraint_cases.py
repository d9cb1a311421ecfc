"""One bad write for every named constraint of the network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from network.models import (
    Application,
    Branch,
    BranchStaff,
    CalendarEntry,
    Client,
    ClientContractor,
    ClientPrice,
    Contractor,
    ContractorNote,
    ContractorUser,
    Document,
    DocumentRequest,
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
    WorkingHours,
)
from tests.network.constraint_cases_profile import PROFILE_CASES
from tests.network.constraint_world import (
    HOUR,
    REF,
    add_client_price,
    add_contractor,
    add_document,
    add_entries,
    add_entry,
    add_imported,
    add_invitation,
    add_rate,
    add_requirement,
    add_service_type,
    add_territory,
    add_warnings,
    ask_twice,
    cell_of_another_branch,
    twice,
)
from tests.network.factories import MONDAY, make_branch

Case = tuple[str, type, Callable[[Any], Any]]
CASES: list[Case] = [
    (
        "calendar_entries_never_overlap",
        CalendarEntry,
        lambda w: add_entries(w, {}, {"period": (MONDAY + HOUR / 2, MONDAY + 2 * HOUR)}),
    ),
    (
        "network_calendarentry_once_per_source",
        CalendarEntry,
        lambda w: add_entries(
            w,
            {"source_ref": REF},
            {"source_ref": REF, "period": (MONDAY + HOUR, MONDAY + 2 * HOUR)},
        ),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: add_entry(w, kind="hold", source_ref=None),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: add_entry(w, kind="booking", latitude=None, longitude=None),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: add_entry(w, kind="time_off", source_ref=None),
    ),
    (
        "network_calendarentry_kind_fits_its_fields",
        CalendarEntry,
        lambda w: add_entry(w, kind="nap"),
    ),
    (
        "network_calendarentry_period_is_bounded",
        CalendarEntry,
        lambda w: add_entry(w, period=(MONDAY, None)),
    ),
    (
        "network_calendarentry_period_is_bounded",
        CalendarEntry,
        lambda w: add_entry(w, period=(MONDAY, MONDAY)),
    ),
    (
        "network_calendarentry_technician_of_the_same_branch",
        CalendarEntry,
        lambda w: add_entry(w, branch_id=w.other.pk),
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
        lambda w: add_territory(w, branch_id=w.other.pk),
    ),
    ("network_territory_radius_1_to_200_km", Territory, lambda w: add_territory(w, radius_km=201)),
    (
        "network_territory_centre_is_on_the_globe",
        Territory,
        lambda w: add_territory(w, latitude=91),
    ),
    ("network_territory_kind_fits_its_fields", Territory, lambda w: add_territory(w, kind="zips")),
    ("network_territory_kind_fits_its_fields", Territory, lambda w: add_territory(w, kind="moon")),
    (
        "network_territory_kind_fits_its_fields",
        Territory,
        lambda w: add_territory(w, kind="polygon", radius_km=None, zips=["02215"]),
    ),
    (
        "network_territory_kind_fits_its_fields",
        Territory,
        lambda w: add_territory(w, radius_km=None),
    ),
    ("network_territorycell_as_its_territory", "network_territorycell", cell_of_another_branch),  # type: ignore[list-item]
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
        lambda w: twice(
            lambda: TechnicianSkill.objects.create(technician=w.technician, skill=w.skill)
        ),
    ),
    (
        "network_technicianskill_level_1_to_3",
        TechnicianSkill,
        lambda w: TechnicianSkill.objects.create(technician=w.technician, skill=w.skill, level=4),
    ),
    ("network_contractor_status_is_known", Contractor, lambda w: add_contractor(w, status="gone")),
    (
        "network_contractor_base_is_on_the_globe",
        Contractor,
        lambda w: add_contractor(w, base_longitude=181),
    ),
    ("network_contractor_tier_1_to_3", Contractor, lambda w: add_contractor(w, tier=4)),
    (
        "network_contractor_rates_are_not_negative",
        Contractor,
        lambda w: add_contractor(w, hourly_rate=-1),
    ),
    (
        "network_contractor_override_says_why",
        Contractor,
        lambda w: add_contractor(w, clearance_override_until=date(2027, 1, 1)),
    ),
    ("network_requirement_kind_is_known", Requirement, lambda w: add_requirement(w, kind="oath")),
    (
        "network_requirement_has_one_scope",
        Requirement,
        lambda w: add_requirement(w, skill=w.skill, service_type=w.work),
    ),
    (
        "network_requirement_name_once_per_branch",
        Requirement,
        lambda w: twice(lambda: add_requirement(w)),
    ),
    ("network_document_is_for_something", Document, lambda w: add_document(w, requirement=None)),
    ("network_document_kind_is_known", Document, lambda w: add_document(w, kind="oath")),
    (
        "network_document_state_fits_its_review",
        Document,
        lambda w: add_document(w, state="approved"),
    ),
    (
        "network_document_state_fits_its_review",
        Document,
        lambda w: add_document(w, state="rejected", reviewed_at=MONDAY),
    ),
    (
        "network_expirywarning_once_per_threshold",
        ExpiryWarning,
        lambda w: add_warnings(w),
    ),
    (
        "network_invitation_one_open_per_email",
        Invitation,
        lambda w: (add_invitation(w, "1"), add_invitation(w, "2", email="A@B.example")),
    ),
    (
        "network_invitation_ends_one_way",
        Invitation,
        lambda w: add_invitation(w, "1", registered_at=MONDAY, revoked_at=MONDAY),
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
        lambda w: twice(lambda: add_contractor(w, external_ref="x")),
    ),
    (
        "network_importedcontractor_action_is_known",
        ImportedContractor,
        lambda w: add_imported(w, "dreamt"),
    ),
    (
        "network_importedcontractor_once_per_import",
        ImportedContractor,
        lambda w: add_imported(w, "created", "created"),
    ),
    (
        "network_contractor_notice_at_most_two_weeks",
        Contractor,
        lambda w: add_contractor(w, notice_minutes=20_161),
    ),
    (
        "network_contractor_jobs_a_day_1_to_200",
        Contractor,
        lambda w: add_contractor(w, most_jobs_a_day=0),
    ),
    ("network_ratecard_fixed_or_by_the_hour", RateCard, lambda w: add_rate(w)),
    (
        "network_ratecard_fixed_or_by_the_hour",
        RateCard,
        lambda w: add_rate(w, fixed_price=1, hourly_rate=1),
    ),
    (
        "network_ratecard_fixed_or_by_the_hour",
        RateCard,
        lambda w: add_rate(w, call_out_fee=1),
    ),
    (
        "network_ratecard_once_per_day",
        RateCard,
        lambda w: twice(lambda: add_rate(w, fixed_price=1)),
    ),
    ("network_clientprice_is_positive", ClientPrice, lambda w: add_client_price(w, 0)),
    (
        "network_clientprice_once_per_day",
        ClientPrice,
        lambda w: twice(lambda: add_client_price(w, 1)),
    ),
    (
        "network_contractor_contact_hours_are_both_or_none",
        Contractor,
        lambda w: add_contractor(w, contact_from=time(8)),
    ),
    (
        "network_contractor_contact_hours_are_both_or_none",
        Contractor,
        lambda w: add_contractor(w, contact_from=time(8), contact_until=time(8)),
    ),
    (
        "network_contractoruser_once_per_pair",
        ContractorUser,
        lambda w: twice(
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
        lambda w: twice(
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
        lambda w: add_service_type(w, slug="w"),
    ),
    (
        "network_servicetype_duration_5_minutes_to_a_day",
        ServiceType,
        lambda w: add_service_type(w, usual_duration_minutes=4),
    ),
    (
        "network_servicetype_limit_is_positive",
        ServiceType,
        lambda w: add_service_type(w, not_to_exceed=0),
    ),
    (
        "network_servicetype_priority_is_known",
        ServiceType,
        lambda w: add_service_type(w, default_priority="soon"),
    ),
    (
        "network_servicetypeskill_once_per_pair",
        ServiceTypeSkill,
        lambda w: twice(
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
        lambda w: twice(
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
        lambda w: twice(lambda: BranchStaff.objects.create(user=w.user, branch=w.branch)),
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
    (
        "network_contractornote_says_something",
        ContractorNote,
        lambda w: ContractorNote.objects.create(contractor=w.contractor, author=w.user, text=""),
    ),
    (
        "network_documentrequest_one_standing",
        DocumentRequest,
        lambda w: ask_twice(w),
    ),
    *PROFILE_CASES,
]
