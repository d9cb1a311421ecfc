"""Papers: handed in, looked at, what they clear, and the warnings before they expire."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection

from network.availability import Refusal
from network.downloads import document_response
from network.eligibility import explain_not_eligible, find_eligible
from network.errors import NetworkError
from network.models import (
    Contractor,
    ContractorEvent,
    Document,
    ExpiryWarning,
    Requirement,
    TechnicianSkill,
    User,
)
from network.services.clearance import (
    NO_END,
    override_clearance,
    refresh_clearance,
    remove_override,
    save_requirement,
)
from network.services.documents import (
    approve_document,
    reject_document,
    submit_document,
    take_due_warnings,
    withdraw_document,
)
from tests.network.factories import (
    MONDAY,
    load,
    make_branch,
    make_contractor,
    make_service_type,
    make_skill,
    make_technician,
    work_order,
)
from tests.network.test_uploads import pdf, upload

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
EARLY = MONDAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def _today(clock, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    clock.set(MONDAY)


@pytest.fixture
def one() -> SimpleNamespace:
    branch = make_branch()
    skill = make_skill(branch)
    contractor = make_contractor(branch, cleared_until=None)
    technician = make_technician(contractor, {skill: 2})
    return SimpleNamespace(
        branch=branch,
        skill=skill,
        contractor=contractor,
        technician=technician,
        service_type=make_service_type(branch, {skill: 1}),
        staff=User.objects.create_user("staff@example.com"),
    )


def require(one, name="Insurance", **fields) -> Requirement:
    values = {"kind": "insurance", "required_from": TODAY - timedelta(days=100)}
    return save_requirement(
        requirement=Requirement(branch=one.branch, name=name, **(values | fields))
    )


def submit(one, requirement=None, **fields) -> Document:
    return submit_document(
        contractor_id=one.contractor.pk,
        requirement_id=requirement and requirement.pk,
        file=upload(pdf()),
        **fields,
    )


def approved(one, requirement=None, **fields) -> Document:
    document = submit(one, requirement, **fields)
    return approve_document(document_id=document.pk, actor_id=one.staff.pk)


def cleared_until(one) -> date | None:
    return Contractor.objects.values_list("cleared_until", flat=True).get(pk=one.contractor.pk)


class TestClearedUntil:
    def test_the_paper_that_ends_first_decides_and_a_missing_one_forbids(self, one) -> None:
        insurance, licence = require(one), require(one, "Licence", kind="licence")
        approved(one, insurance, expires_on=date(2027, 5, 4))
        assert cleared_until(one) is None
        approved(one, licence, expires_on=date(2027, 3, 1))
        assert cleared_until(one) == date(2027, 3, 1)
        approved(one, licence, expires_on=date(2028, 3, 1))
        assert cleared_until(one) == date(2027, 5, 4), "the newer licence counts"
        approved(one, insurance)
        approved(one, licence)
        assert cleared_until(one) == NO_END

    def test_only_approved_papers_count(self, one) -> None:
        insurance = require(one)
        document = submit(one, insurance, expires_on=date(2027, 5, 4))
        refresh_clearance(branch_id=one.branch.pk)
        assert cleared_until(one) is None
        approve_document(document_id=document.pk, actor_id=None)
        assert cleared_until(one) == date(2027, 5, 4)
        reject_document(document_id=document.pk, reason="Another firm's.", actor_id=None)
        assert cleared_until(one) is None

    def test_a_requirement_to_come_leaves_time(self, one) -> None:
        insurance = require(one)
        approved(one, insurance, expires_on=date(2028, 1, 1))
        require(one, "Check", kind="background_check", required_from=date(2027, 1, 1))
        assert cleared_until(one) == date(2026, 12, 31)

    def test_a_branch_without_requirements_keeps_what_was_set_by_hand(self, one) -> None:
        Contractor.objects.filter(pk=one.contractor.pk).update(cleared_until=date(2027, 1, 1))
        assert refresh_clearance(branch_id=one.branch.pk) == set()
        assert cleared_until(one) == date(2027, 1, 1)

    def test_an_override_counts_until_it_is_removed_and_is_seen(self, one) -> None:
        insurance = require(one)
        approved(one, insurance, expires_on=date(2027, 5, 4))
        with pytest.raises(NetworkError):
            override_clearance(contractor_id=one.contractor.pk, until=TODAY, note=" ")
        override_clearance(
            contractor_id=one.contractor.pk,
            until=date(2027, 12, 1),
            note="Renewal seen by phone.",
            actor_id=one.staff.pk,
        )
        refresh_clearance(branch_id=one.branch.pk)
        assert cleared_until(one) == date(2027, 12, 1)
        event = ContractorEvent.objects.filter(contractor=one.contractor).first()
        assert (event.action, event.note, event.actor) == (
            "clearance-set-by-hand",
            "Renewal seen by phone.",
            one.staff,
        )
        assert remove_override(contractor_id=one.contractor.pk).cleared_until == date(2027, 5, 4)

    def test_one_contractor_never_changes_another_and_one_statement_does_all(
        self, one, django_assert_num_queries
    ) -> None:
        insurance = require(one)
        others = [make_contractor(one.branch, cleared_until=TODAY) for _ in range(5)]
        approved(one, insurance, expires_on=date(2027, 5, 4))
        assert set(
            Contractor.objects.filter(pk__in=[o.pk for o in others]).values_list(
                "cleared_until", flat=True
            )
        ) == {TODAY}
        with django_assert_num_queries(4):  # with the two of the savepoint
            assert refresh_clearance(branch_id=one.branch.pk) == {o.pk for o in others}

    def test_a_requirement_of_two_scopes_or_another_branch_is_refused(self, one) -> None:
        for fields in (
            {"skill": one.skill, "service_type": one.service_type},
            {"skill": make_skill(make_branch())},
        ):
            with pytest.raises(ValidationError):
                require(one, **fields)


class TestPapersOfOneKindOfWork:
    def test_they_stand_in_the_way_of_that_work_only(self, one) -> None:
        Contractor.objects.filter(pk=one.contractor.pk).update(cleared_until=date(2028, 1, 1))
        gas = make_skill(one.branch, "gas")
        TechnicianSkill.objects.create(technician=one.technician, skill=gas, level=2)
        gas_work = make_service_type(one.branch, {gas: 1})
        licence = require(one, "Gas licence", kind="licence", skill=gas)
        work = work_order(gas_work)
        assert find_eligible(work_order(one.service_type), at=EARLY).slots
        assert find_eligible(work, at=EARLY).not_eligible == {"not_cleared": 1}
        assert self.said(work) == "lacks Gas licence"
        assert self.through(one, gas_work) == licence.required_from - timedelta(days=1)
        approved(one, licence, expires_on=TODAY)
        assert find_eligible(work, at=EARLY).slots
        assert self.through(one, gas_work) == TODAY
        assert self.through(one, one.service_type) == NO_END
        later = work_order(gas_work, start=MONDAY + timedelta(days=1))
        assert self.said(later) == "Gas licence ends on 23 Nov 2026"

    def test_a_visit_ends_by_midnight_of_the_last_day(self, one) -> None:
        Contractor.objects.filter(pk=one.contractor.pk).update(cleared_until=date(2028, 1, 1))
        paper = require(one, "Roof pass", service_type=one.service_type)
        approved(one, paper, expires_on=TODAY)
        midnight = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
        for start, fits in ((midnight - timedelta(hours=1), True), (midnight, False)):
            work = work_order(one.service_type, start=start, hours=0)
            found = load(work, one.contractor).best_slot(work, one.contractor.pk, not_before=EARLY)
            assert isinstance(found, Refusal) is not fits

    def said(self, work) -> str:
        [entry] = explain_not_eligible(work, at=EARLY)
        assert entry.rule == "not_cleared"
        return entry.sentence

    def through(self, one, service_type) -> date:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT network_service_cleared_through(%s, %s)",
                [one.contractor.pk, service_type.pk],
            )
            return cursor.fetchone()[0]


class TestReview:
    def test_a_newer_paper_replaces_the_one_that_waits(self, one) -> None:
        insurance = require(one)
        first, second = submit(one, insurance), submit(one, insurance, number=" 42 ")
        first.refresh_from_db()
        assert (first.state, second.state, second.number) == ("replaced", "submitted", "42")
        assert list(Document.objects.for_branch(one.branch).to_review()) == [second]
        with pytest.raises(NetworkError):
            approve_document(document_id=first.pk, actor_id=None)
        assert withdraw_document(document_id=second.pk, actor_id=None).state == "replaced"

    def test_a_certificate_of_a_skill_becomes_the_skills(self, one) -> None:
        approved(
            one,
            technician_id=one.technician.pk,
            skill_id=one.skill.pk,
            number="C-7",
            expires_on=date(2027, 2, 1),
        )
        skill = TechnicianSkill.objects.get()
        assert (skill.certificate_number, skill.expires_on) == ("C-7", date(2027, 2, 1))

    def test_what_is_refused_leaves_no_file_behind(self, one, tmp_path) -> None:
        insurance = require(one)
        stranger = make_technician(make_contractor(one.branch))
        foreign = require(SimpleNamespace(branch=make_branch()))
        for fields, code in (
            ({"expires_on": TODAY - timedelta(days=1)}, "expired"),
            ({"technician_id": stranger.pk}, "unknown-technician"),
        ):
            with pytest.raises(NetworkError) as refusal:
                submit(one, insurance, **fields)
            assert refusal.value.code == code
        for requirement, code in ((foreign, "unknown-requirement"), (None, "unknown-skill")):
            with pytest.raises(NetworkError) as refusal:
                submit(one, requirement)
            assert refusal.value.code == code
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        assert submit(one, insurance, expires_on=TODAY).state == "submitted"

    def test_a_reason_is_needed_and_kept(self, one) -> None:
        document = submit(one, require(one))
        with pytest.raises(NetworkError) as refusal:
            reject_document(document_id=document.pk, reason="", actor_id=one.staff.pk)
        assert refusal.value.field == "reason"
        rejected = reject_document(
            document_id=document.pk, reason="Unreadable.", actor_id=one.staff.pk
        )
        assert (rejected.state, rejected.reason) == ("rejected", "Unreadable.")
        assert rejected.reviewed_by == one.staff
        note = ContractorEvent.objects.filter(action="document-rejected").get().note
        assert note == "Insurance: Unreadable."

    def test_it_is_handed_out_as_an_attachment(self, one) -> None:
        document = submit(one, require(one))
        response = document_response(document)
        assert response["Content-Disposition"] == 'attachment; filename="paper.pdf"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Type"] == "application/pdf"
        assert b"".join(response.streaming_content) == pdf()
        assert "paper" not in document.file_name
        assert default_storage.exists(document.file_name)


class TestWarnings:
    def test_each_threshold_is_said_once_on_its_local_day(self, one, clock) -> None:
        ends = date(2027, 3, 31)
        approved(one, require(one), expires_on=ends)
        for days in (45, 30, 7):
            due_on = ends - timedelta(days=days)
            midnight = datetime(due_on.year, due_on.month, due_on.day, 5, tzinfo=UTC)
            if days == 7:
                midnight -= timedelta(hours=1)  # summer time has begun
            assert take_due_warnings(at=midnight - timedelta(seconds=1)) == []
            [notice] = take_due_warnings(at=midnight)
            assert (notice.days_left, notice.expires_on, notice.paper) == (days, ends, "Insurance")
            assert notice.contractor_id == one.contractor.pk
            assert take_due_warnings(at=midnight) == []

    def test_a_late_approval_says_only_what_is_nearest(self, one) -> None:
        approved(one, require(one), expires_on=TODAY + timedelta(days=20))
        assert list(ExpiryWarning.objects.values_list("days", flat=True)) == [30, 7, 0]
        [notice] = take_due_warnings(at=MONDAY)
        assert notice.days_left == 20

    def test_a_paper_with_an_heir_and_one_who_left_are_not_warned_about(self, one) -> None:
        insurance = require(one)
        approved(one, insurance, expires_on=TODAY + timedelta(days=20))
        assert ExpiryWarning.objects.due(at=MONDAY).exists()
        approved(one, insurance, expires_on=TODAY + timedelta(days=400))
        assert not ExpiryWarning.objects.due(at=MONDAY).exists()
        Document.objects.filter(expires_on=TODAY + timedelta(days=400)).update(
            state="replaced", reviewed_at=None
        )
        assert ExpiryWarning.objects.due(at=MONDAY).exists()
        Contractor.objects.filter(pk=one.contractor.pk).update(status="left")
        assert not ExpiryWarning.objects.due(at=MONDAY).exists()

    def test_after_a_standstill_a_paper_is_told_of_once(self, one) -> None:
        approved(one, require(one), expires_on=TODAY + timedelta(days=60))
        [notice] = take_due_warnings(at=MONDAY + timedelta(days=55))
        assert notice.days_left == 5
        assert ExpiryWarning.objects.get(sent_at__isnull=True).days == 0
