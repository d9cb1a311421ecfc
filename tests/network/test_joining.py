"""Invitations and applications."""

from __future__ import annotations

from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest

from network.errors import NetworkError
from network.models import (
    Application,
    Contractor,
    ContractorEvent,
    ContractorUser,
    Invitation,
    Requirement,
    User,
)
from network.services.applications import (
    approve_application,
    begin_application,
    reject_application,
    save_step,
    send_application_back,
    submit_application,
    what_is_missing,
)
from network.services.documents import approve_document, submit_document
from network.services.invitations import (
    find_invitation,
    invite,
    open_invitation,
    resend_invitation,
    revoke_invitation,
    use_invitation,
)
from network.services.territory import set_radius_territory
from tests.network.factories import (
    BOSTON,
    MONDAY,
    make_branch,
    make_contractor,
    make_skill,
    make_technician,
    set_hours,
)
from tests.network.test_uploads import pdf, upload

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


@pytest.fixture(autouse=True)
def _now(clock) -> None:
    clock.set(MONDAY)


@pytest.fixture
def branch():
    return make_branch()


@pytest.fixture
def staff():
    return User.objects.create_user("staff@example.com")


def refused(code: str, call, **values) -> NetworkError:
    with pytest.raises(NetworkError) as refusal:
        call(**values)
    assert refusal.value.code == code
    return refusal.value


class TestInvitations:
    def test_from_sent_to_registered(self, branch, staff, clock) -> None:
        made, token = invite(
            branch_id=branch.pk, email=" New@Firm.example ", name="Firm", actor_id=staff.pk
        )
        assert (made.email, made.state(at=MONDAY)) == ("new@firm.example", "sent")
        assert token not in str(Invitation.objects.values().get()), "only the hash is kept"
        assert find_invitation(token=token).opened_at is None, "a look changes nothing"
        clock.advance(days=1)
        opened = open_invitation(token=token)
        assert opened.state(at=MONDAY + timedelta(days=1)) == "opened"
        contractor = make_contractor(branch, status="applicant")
        used = use_invitation(token=token, contractor_id=contractor.pk)
        assert used.state(at=MONDAY + 2 * MONTH) == "registered"
        refused("registered", use_invitation, token=token, contractor_id=contractor.pk)
        refused("registered", revoke_invitation, invitation_id=made.pk)
        refused("registered", resend_invitation, invitation_id=made.pk)
        assert list(Invitation.objects.registered()) == [made]

    @pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False), (1, False)])
    def test_it_expires_after_thirty_days(self, branch, clock, seconds, works) -> None:
        made, token = invite(branch_id=branch.pk, email="a@b.example")
        at = clock.set(MONDAY + MONTH + timedelta(seconds=seconds))
        if works:
            assert find_invitation(token=token) == made
        else:
            assert "expired" in refused("expired", find_invitation, token=token).detail
        assert Invitation.objects.working(at=at).exists() is works
        assert Invitation.objects.expired(at=at).exists() is not works

    def test_sending_again_makes_a_new_link(self, branch, clock) -> None:
        made, token = invite(branch_id=branch.pk, email="a@b.example")
        clock.set(MONDAY + 2 * MONTH)
        again, fresh = resend_invitation(invitation_id=made.pk)
        assert (again.sent_count, again.expires_at) == (2, MONDAY + 3 * MONTH)
        refused("unknown", find_invitation, token=token)
        assert find_invitation(token=fresh) == made

    def test_a_revoked_one_works_no_more_and_leaves_room_for_another(self, branch) -> None:
        made, token = invite(branch_id=branch.pk, email="a@b.example")
        revoke_invitation(invitation_id=made.pk)
        assert revoke_invitation(invitation_id=made.pk).revoked_at == MONDAY
        refused("revoked", find_invitation, token=token)
        refused("revoked", resend_invitation, invitation_id=made.pk)
        assert invite(branch_id=branch.pk, email="A@B.example")[0].pk != made.pk

    def test_who_is_not_invited(self, branch) -> None:
        make_contractor(branch, email="Known@Firm.example", name="Known")
        invite(branch_id=branch.pk, email="a@b.example")
        for email, code in (
            ("nonsense", "bad-email"),
            ("A@b.example", "waiting"),
            ("known@firm.example", "known"),
        ):
            error = refused(code, invite, branch_id=branch.pk, email=email)
            assert error.field == "email"
        assert invite(branch_id=make_branch().pk, email="a@b.example")
        _, token = invite(branch_id=branch.pk, email="c@d.example")
        stranger = make_contractor(make_branch())
        refused("other-branch", use_invitation, token=token, contractor_id=stranger.pk)


def begin(branch, **fields) -> SimpleNamespace:
    user = User.objects.create_user(f"u{User.objects.count()}@firm.example")
    application = begin_application(
        **({"branch": branch, "user": user, "name": " Harold’s ", "phone": "555-0100"} | fields)
    )
    return SimpleNamespace(user=user, application=application, contractor=application.contractor)


def complete(one) -> None:
    contractor = one.contractor
    technician = make_technician(contractor, {make_skill(contractor.branch): 2}, hours=None)
    set_hours(technician, time(8), time(17))
    set_radius_territory(
        contractor_id=contractor.pk, latitude=BOSTON[0], longitude=BOSTON[1], radius_km=10
    )
    Contractor.objects.filter(pk=contractor.pk).update(hourly_rate=90)


class TestApplications:
    def test_begun_left_and_resumed(self, branch) -> None:
        one = begin(branch)
        assert (one.contractor.name, one.contractor.status) == ("Harold’s", "applicant")
        assert ContractorUser.objects.get().user == one.user
        save_step(contractor_id=one.contractor.pk, step=3, data={"radius": "8"})
        save_step(contractor_id=one.contractor.pk, step=4, data={"hours": "late"})
        resumed = begin_application(branch=branch, user=one.user, name="Again")
        assert (resumed.pk, resumed.step) == (one.application.pk, 4)
        assert resumed.data == {"radius": "8", "hours": "late"}
        assert Contractor.objects.count() == 1
        refused("bad-step", save_step, contractor_id=one.contractor.pk, step=6)

    def test_what_cannot_begin(self, branch) -> None:
        make_contractor(branch, email="taken@firm.example")
        user = User.objects.create_user("me@firm.example")
        values = {"branch": branch, "user": user, "name": "X"}
        for change, code, field in (
            ({"name": "  "}, "no-name", "name"),
            ({"email": "nonsense"}, "bad-email", "email"),
            ({"email": "Taken@firm.example"}, "known", "email"),
        ):
            assert refused(code, begin_application, **(values | change)).field == field
        assert Contractor.objects.count() == 1

    def test_what_is_missing_is_said_by_step(self, branch, staff, settings, tmp_path) -> None:
        settings.MEDIA_ROOT = tmp_path
        requirement = Requirement.objects.create(
            branch=branch, name="Insurance", kind="insurance", required_from=date(2026, 1, 1)
        )
        one = begin(branch, phone="")
        missing = what_is_missing(contractor_id=one.contractor.pk)
        assert [step for step, _ in missing] == [1, 2, 3, 4, 5, 5]
        assert missing[-1] == (5, "Send your insurance.")
        error = refused(
            "incomplete", submit_application, contractor_id=one.contractor.pk, actor_id=None
        )
        assert "Say where you work." in error.detail
        complete(one)
        Contractor.objects.filter(pk=one.contractor.pk).update(phone="555-0100")
        document = submit_document(
            contractor_id=one.contractor.pk,
            requirement_id=requirement.pk,
            file=upload(pdf()),
            expires_on=date(2027, 6, 1),
        )
        assert what_is_missing(contractor_id=one.contractor.pk) == []
        submit_application(contractor_id=one.contractor.pk, actor_id=one.user.pk)
        approve_application(contractor_id=one.contractor.pk, actor_id=staff.pk)
        one.contractor.refresh_from_db()
        assert (one.contractor.status, one.contractor.cleared_until) == ("active", None)
        approve_document(document_id=document.pk, actor_id=staff.pk)
        one.contractor.refresh_from_db()
        assert one.contractor.cleared_until == date(2027, 6, 1)

    def test_sent_back_mended_and_approved(self, branch, staff) -> None:
        one = begin(branch)
        complete(one)
        key = {"contractor_id": one.contractor.pk, "actor_id": staff.pk}
        refused("move-not-allowed", approve_application, **key)
        submit_application(contractor_id=one.contractor.pk, actor_id=one.user.pk)
        assert [a.contractor for a in Application.objects.for_branch(branch).to_review()] == [
            one.contractor
        ]
        refused("move-not-allowed", save_step, contractor_id=one.contractor.pk, step=1)
        refused("no-reason", send_application_back, reason=" ", **key)
        back = send_application_back(reason="Which streets?", **key)
        assert (back.state, back.reason, back.reviewed_by) == ("sent_back", "Which streets?", staff)
        save_step(contractor_id=one.contractor.pk, step=3)
        submit_application(contractor_id=one.contractor.pk, actor_id=one.user.pk)
        approved = approve_application(**key)
        assert approve_application(**key).reviewed_at == approved.reviewed_at
        assert approved.contractor.status == "active"
        assert approved.contractor.cleared_until == date(2027, 11, 23)
        assert approved.contractor.clearance_override_note
        refused("move-not-allowed", reject_application, reason="No.", **key)
        actions = ContractorEvent.objects.filter(contractor=one.contractor).order_by("id")
        assert list(actions.values_list("action", flat=True)) == [
            "application-begun",
            "application-submitted",
            "application-sent-back",
            "application-submitted",
            "application-approved",
            "status-active",
            "clearance-set-by-hand",
        ]

    def test_rejected_for_good_with_a_reason(self, branch, staff) -> None:
        one = begin(branch)
        complete(one)
        submit_application(contractor_id=one.contractor.pk, actor_id=one.user.pk)
        key = {"contractor_id": one.contractor.pk, "actor_id": staff.pk}
        refused("no-reason", reject_application, reason="", **key)
        one.contractor.refresh_from_db()
        assert one.contractor.status == "applicant"
        rejected = reject_application(reason="No licence.", **key)
        one.contractor.refresh_from_db()
        assert (rejected.state, one.contractor.status) == ("rejected", "left")
        refused("move-not-allowed", submit_application, **key)
