"""Papers that end, by whatever hand: of the branch, of a skill, of a service type."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from jobs.errors import MoveNotAllowed
from jobs.models import Booking, Round
from jobs.services.papers import settle_papers
from jobs.services.protection import protect_appointments
from network.models import Contractor, Document, Requirement, Skill, Technician, TechnicianSkill
from network.services.clearance import refresh_clearance, refresh_stale_clearance
from network.services.documents import reject_document
from tests.jobs.papers import paper, requirement
from tests.jobs.steps import accept, booked, offered
from tests.jobs.test_protection import lose
from tests.jobs.world import add_technician, pending_offer, run_due, settle

TODAY = date(2026, 11, 2)
VISIT = TODAY + timedelta(days=1)
LATER = date(2027, 6, 1)


@pytest.fixture(params=["branch", "skill", "service type"])
def needed(request, branch, trio, service_type) -> Requirement:
    """A paper that everybody has, asked for by the branch, the skill, or the service type."""
    scope = {
        "branch": {},
        "skill": {"skill": Skill.objects.get()},
        "service type": {"service_type": service_type},
    }[request.param]
    found = requirement(branch, **scope)
    for contractor in trio:
        paper(contractor, found, LATER)
    refresh_clearance(branch_id=branch.pk)
    return found


def of(contractor: Contractor) -> Document:
    return Document.objects.get(contractor=contractor)


def end_by_sql(contractor: Contractor, day: date) -> None:
    Document.objects.filter(contractor=contractor).update(expires_on=day)


def delete_by_sql(contractor: Contractor, day: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM network_document WHERE contractor_id = %s", [contractor.pk])


def reject(contractor: Contractor, day: date) -> None:
    reject_document(document_id=of(contractor).pk, reason="Not ours", actor_id=None)


WAYS = {"ended by SQL": end_by_sql, "deleted by SQL": delete_by_sql, "rejected": reject}


@pytest.mark.parametrize("way", WAYS)
def test_a_visit_past_the_paper_goes_to_the_next_for_the_same_promise(
    clock, trio, make_job, needed, way
):
    job = make_job()
    booking = booked(job)
    assert booking.contractor == trio[0]
    assert protect_appointments() == 0
    WAYS[way](trio[0], TODAY)
    settle_papers()
    assert protect_appointments() == 1
    settle()
    booking.refresh_from_db()
    assert (booking.live, booking.reason) == (False, "not_cleared")
    assert Round.objects.get(job=job, number=2).cause == "contractor_lost"
    run_due()
    again = pending_offer(job)
    assert again.contractor == trio[1]
    assert accept(again).starts_at.date() == booking.starts_at.date()


@pytest.mark.parametrize("way", WAYS)
def test_an_offer_past_the_paper_is_withdrawn(clock, trio, make_job, needed, way):
    offer = offered(make_job())
    WAYS[way](trio[0], TODAY)
    settle_papers()
    assert protect_appointments() == 1
    offer.refresh_from_db()
    assert (offer.status, offer.reason) == ("withdrawn", "not_cleared")
    run_due()
    assert pending_offer(offer.job).contractor == trio[1]


def test_a_visit_on_the_papers_last_day_stays(clock, trio, make_job, needed):
    booking = booked(make_job())
    end_by_sql(trio[0], VISIT)
    settle_papers()
    assert protect_appointments() == 0
    booking.refresh_from_db()
    assert booking.live


def test_a_paper_whose_new_version_is_approved_strands_nobody(clock, trio, make_job, needed):
    booking = booked(make_job())
    paper(trio[0], needed, LATER)
    old = Document.objects.filter(contractor=trio[0]).earliest("pk")
    Document.objects.filter(pk=old.pk).update(expires_on=TODAY)
    settle_papers()
    assert protect_appointments() == 0
    Document.objects.filter(pk=old.pk).delete()
    settle_papers()
    assert protect_appointments() == 0
    booking.refresh_from_db()
    assert booking.live


def test_a_paper_for_other_work_concerns_no_visit(clock, branch, trio, make_job):
    other = Skill.objects.create(branch=branch, slug="gas", name="Gas")
    requirement(branch, "Gas licence", skill=other)
    requirement(branch, "Old permit", active=False)
    booking = booked(make_job())
    settle_papers()
    assert protect_appointments() == 0
    booking.refresh_from_db()
    assert booking.live


def test_a_requirement_strands_visits_from_its_first_day_on_only(
    clock, branch, trio, make_job, service_type
):
    early, late = (
        make_job(),
        make_job(
            window_start=make_job().window_start + timedelta(days=9),
            window_end=make_job().window_end + timedelta(days=9),
        ),
    )
    kept, lost = booked(early), booked(late)
    requirement(
        branch, "Permit", service_type=service_type, required_from=TODAY + timedelta(days=5)
    )
    assert protect_appointments() == 1
    kept.refresh_from_db()
    lost.refresh_from_db()
    assert (kept.live, lost.live) == (True, False)


def test_the_firm_sends_another_technician_when_one_is_lost(clock, trio, make_job):
    booking = booked(make_job())
    second = add_technician(trio[0], "Harriet")
    Technician.objects.filter(pk=booking.technician_id).update(active=False)
    assert protect_appointments() == 1
    run_due()
    offer = pending_offer(booking.job)
    assert (offer.contractor, offer.technician) == (trio[0], second)


def test_a_visit_cannot_be_given_to_somebody_who_may_not_do_it(clock, trio, make_job):
    offer = offered(make_job())
    second = add_technician(trio[0], "Harriet")
    TechnicianSkill.objects.filter(technician=offer.technician).delete()
    with pytest.raises(MoveNotAllowed, match="skill or a paper"):
        accept(offer)
    assert not Booking.objects.exists()
    assert second.active


class TestInTheAdmin:
    """Forms of the admin site, posted by a branch's administrator."""

    @pytest.fixture
    def ada(self, client, branch_admin):
        client.force_login(branch_admin)
        return client

    def form(self, client, address, **changes):
        page = client.get(address)
        assert page.status_code == 200
        data = {}
        forms = [page.context["adminform"].form]
        for formset in page.context["inline_admin_formsets"]:
            forms += [formset.formset.management_form, *formset.formset.forms]
        for form in forms:
            for field in form:
                value = field.value()
                if value is not None and value is not False:
                    data[field.html_name] = value
        return client.post(address, {**data, **changes})

    @pytest.mark.parametrize("status", ["suspended", "left"])
    def test_a_status_set_there_frees_the_visit(self, clock, ada, trio, make_job, status):
        booking = booked(make_job())
        address = reverse("admin:network_contractor_change", args=[trio[0].pk])
        assert self.form(ada, address, status=status).status_code == 302
        assert protect_appointments() == 1
        booking.refresh_from_db()
        assert (booking.live, booking.reason) == (False, "not_active")

    def test_a_date_moved_there_frees_the_visit(self, clock, ada, trio, make_job):
        booking = booked(make_job())
        address = reverse("admin:network_contractor_change", args=[trio[0].pk])
        assert self.form(ada, address, cleared_until=TODAY.isoformat()).status_code == 302
        settle_papers()
        assert protect_appointments() == 1
        booking.refresh_from_db()
        assert (booking.live, booking.reason) == (False, "not_cleared")

    @pytest.mark.parametrize("what", ["skill", "technician"])
    def test_a_technician_changed_there_frees_the_visit(self, clock, ada, trio, make_job, what):
        booking = booked(make_job())
        address = reverse("admin:network_technician_change", args=[booking.technician_id])
        changes = {"skills-0-DELETE": "on"} if what == "skill" else {"active": ""}
        assert self.form(ada, address, **changes).status_code == 302
        assert protect_appointments() == 1
        booking.refresh_from_db()
        expected = "skill_missing" if what == "skill" else "technician_gone"
        assert (booking.live, booking.reason) == (False, expected)

    def test_a_requirement_added_there_frees_the_visit(
        self, clock, ada, branch, trio, make_job, service_type
    ):
        booking = booked(make_job())
        done = ada.post(
            reverse("admin:network_requirement_add"),
            {
                "branch": branch.pk,
                "name": "Permit",
                "kind": "other",
                "service_type": service_type.pk,
                "required_from": TODAY.isoformat(),
                "active": "on",
            },
        )
        assert done.status_code == 302
        assert protect_appointments() == 1
        booking.refresh_from_db()
        assert booking.reason == "not_cleared"

    def test_papers_are_kept_there(self, ada, trio, needed):
        document = of(trio[0])
        address = reverse("admin:network_document_delete", args=[document.pk])
        assert ada.post(address, {"post": "yes"}).status_code == 403
        assert Document.objects.filter(pk=document.pk).exists()


class TestDatesFollowPapers:
    def test_dates_that_follow_already_are_left_alone(self, branch, trio, needed):
        assert refresh_stale_clearance() == set()

    def test_only_those_whose_papers_changed_are_written(self, branch, trio):
        insurance = requirement(branch)
        for contractor in trio:
            paper(contractor, insurance, LATER)
        assert refresh_stale_clearance() == {one.pk for one in trio}
        end_by_sql(trio[1], VISIT)
        assert refresh_stale_clearance() == {trio[1].pk}
        trio[1].refresh_from_db()
        assert trio[1].cleared_until == VISIT

    def test_a_branch_that_asks_for_nothing_keeps_its_dates(self, branch, trio):
        lose(trio[0], "cleared too short")
        assert refresh_stale_clearance() == set()
