"""Changes that leave accepted visits without their ground: which, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.answers import accept_offer
from jobs.services.protection import protect_appointments
from jobs.services.standing import GIVE_BACK, KEEP, VisitsStranded, change_profile
from jobs.services.visits import arrive
from network.models import Contractor, ContractorUser, TechnicianSkill, Territory, User
from network.services.documents import approve_document
from network.services.skills import leave_service_out
from network.services.territory import set_zip_territory
from tests.jobs.papers import paper
from tests.jobs.world import add_technician, pending_offer, run_due, settle
from tests.portal.conftest import signed_in

LEAVE = "/portal/you/leave/"


def change_of(contractor: Contractor, change: Callable[[], object], decision: str = "") -> object:
    """Make it as the pages do, first asking; answers for every visit that is named."""

    def make(decision: str, shown: list[object]) -> object:
        return change_profile(
            contractor_id=contractor.pk,
            change=change,
            actor=Actor.contractor(contractor),
            decision=decision,
            shown=shown,  # type: ignore[arg-type]
        )

    with pytest.raises(VisitsStranded) as asked:
        make("", [])
    if not decision:
        return asked.value
    return make(decision, [visit.public_id for visit in asked.value.visits])


def skills_form(contractor: Contractor, *kept: int) -> dict[str, str]:
    """The skills page as it is sent with only these skills ticked."""
    form = {}
    for person in contractor.technicians.all():
        shown = ",".join(str(row.skill_id) for row in person.skills.all())
        form[f"skills-{person.pk}-shown"] = shown
        form |= {f"skills-{person.pk}-has-{skill}": "1" for skill in kept}
        form |= {f"skills-{person.pk}-level-{skill}": "3" for skill in kept}
    return form


def test_a_skill_that_a_visit_needs_cannot_go_without_the_visit(
    harold_client: Client, harold: Contractor, lisa: Contractor, booked: Booking
) -> None:
    address, form = reverse("portal:section", args=["skills"]), skills_form(harold)
    html = harold_client.post(address, form).content.decode()
    assert "cannot stay with you" in html
    assert "a skill that it needs would be missing" in html
    assert TechnicianSkill.objects.filter(contractor=harold).exists(), "nothing is saved yet"
    answer = {**form, "visits": "keep", "stranded": str(booked.public_id)}
    assert harold_client.post(address, answer).status_code == 302
    assert not TechnicianSkill.objects.filter(contractor=harold).exists()
    assert protect_appointments() == 1
    run_due()
    booked.refresh_from_db()
    assert not booked.live
    assert pending_offer(booked.job).contractor == lisa


def test_an_area_that_leaves_a_visit_outside_is_for_new_work_only(
    harold: Contractor, booked: Booking
) -> None:
    def elsewhere() -> None:
        set_zip_territory(contractor_id=harold.pk, zips="02136")

    stranded = change_of(harold, elsewhere)
    assert isinstance(stranded, VisitsStranded)
    [visit] = stranded.visits
    assert (visit.why, visit.must_go) == ("outside_area", False)
    change_of(harold, elsewhere, KEEP)
    assert protect_appointments() == 0
    booked.refresh_from_db()
    assert booked.live


def test_the_page_of_the_area_asks_about_visits_outside_the_new_one(
    harold_client: Client, harold: Contractor, booked: Booking
) -> None:
    address = reverse("portal:section", args=["where"])
    form = {"where-kind": "zips", "where-zips": "02136"}
    html = harold_client.post(address, form).content.decode()
    assert "it lies outside the new area" in html
    assert 'value="keep"' in html
    assert "02136" in html, "what was typed stays"
    assert Territory.objects.get(contractor=harold).kind == "radius", "nothing is saved yet"
    answer = {**form, "visits": "give-back", "stranded": str(booked.public_id)}
    assert harold_client.post(address, answer).status_code == 302
    assert Territory.objects.get(contractor=harold).zips == ["02136"]
    booked.refresh_from_db()
    assert not booked.live


def test_a_kind_of_work_left_out_may_take_its_visits_along(
    harold: Contractor, booked: Booking
) -> None:
    def leave_out() -> None:
        leave_service_out(contractor_id=harold.pk, service_type_id=booked.job.service_type_id)

    change_of(harold, leave_out, GIVE_BACK)
    booked.refresh_from_db()
    assert not booked.live
    assert booked.reason == "other"
    assert "no longer take this kind of work" in booked.note
    settle()


def test_a_visit_booked_meanwhile_needs_an_answer_of_its_own(
    harold_client: Client, harold: Contractor, booked: Booking, make_job: Callable[..., Job]
) -> None:
    address, form = reverse("portal:section", args=["skills"]), skills_form(harold)
    harold_client.post(address, form)
    second = make_job()
    run_due()
    accept_offer(offer_id=pending_offer(second).pk, actor=Actor.contractor(harold), via="portal")
    answer = {**form, "visits": "keep", "stranded": str(booked.public_id)}
    html = harold_client.post(address, answer).content.decode()
    assert "2 visits you have accepted" in html
    assert TechnicianSkill.objects.filter(contractor=harold).exists()


def test_who_goes_leaves_visits_and_a_login_behind(
    harold_client: Client, harold: Contractor, lisa: Contractor, booked: Booking
) -> None:
    zoe = add_technician(harold, "Zoe")
    them = booked.technician
    page = reverse("portal:person", args=[them.public_id])
    html = harold_client.post(page, {"do": "deactivate"}).content.decode()
    assert "nobody would be there to make it" in html
    them.refresh_from_db()
    assert them.active
    answer = {"do": "deactivate", "visits": "keep", "stranded": str(booked.public_id)}
    assert harold_client.post(page, answer).status_code == 302
    them.refresh_from_db()
    assert not them.active
    assert protect_appointments() == 1
    booked.refresh_from_db()
    assert not booked.live
    assert zoe.active


def test_a_certificate_that_ends_before_the_visit_gives_it_to_somebody_else(
    harold: Contractor, lisa: Contractor, booked: Booking
) -> None:
    """The paper itself changes nothing; staff's yes to it does, and then the day of its end."""
    row = TechnicianSkill.objects.get(technician=booked.technician)
    sent = paper(
        harold,
        None,
        booked.starts_at.date() - timedelta(days=1),
        state="submitted",
        reviewed_at=None,
        technician=booked.technician,
        skill=row.skill,
    )
    assert protect_appointments() == 0
    approve_document(document_id=sent.pk, actor_id=None)
    assert protect_appointments() == 1
    run_due()
    booked.refresh_from_db()
    assert (booked.live, booked.reason) == (False, "skill_missing")
    assert pending_offer(booked.job).contractor == lisa


# -- leaving the network ---------------------------------------------------------------------------


def leave(client: Client, *visits: Booking, **more: str) -> str:
    form = {"sure": "yes", "stranded": [str(visit.public_id) for visit in visits], **more}
    answer = client.post(LEAVE, form)
    return answer.content.decode() if answer.status_code == 200 else str(answer.headers["Location"])


def test_leaving_names_the_visits_and_gives_them_to_the_next(
    harold_client: Client, harold: Contractor, lisa: Contractor, booked: Booking
) -> None:
    html = harold_client.get(LEAVE).content.decode()
    assert "One visit goes to somebody else" in html
    assert str(booked.public_id) in html
    assert leave(harold_client, booked, note="Moving to Maine") == reverse("portal:you")
    harold.refresh_from_db()
    assert harold.status == "left"
    event = harold.events.get(action="status-left")
    assert event.note == "Left in the portal. Moving to Maine"
    assert protect_appointments() == 1
    run_due()
    booked.refresh_from_db()
    assert (booked.live, booked.reason) == (False, "not_active")
    assert pending_offer(booked.job).contractor == lisa
    you = harold_client.get(reverse("portal:you")).content.decode()
    assert "You have left this branch." in you
    assert "Leave the network" not in you
    assert harold_client.get(LEAVE).status_code == 302, "once is enough"
    settle()


def test_leaving_without_the_tick_or_past_a_new_visit_changes_nothing(
    harold_client: Client, harold: Contractor, booked: Booking
) -> None:
    html = leave(harold_client, booked, sure="", note="Moving to Maine")
    assert "Tick that you mean it." in html
    assert "Moving to Maine" in html
    assert "Since you opened this page" in leave(harold_client, note="Moving to Maine")
    harold.refresh_from_db()
    assert harold.status == "active"
    assert not harold.events.filter(action="status-left").exists()


def test_who_leaves_in_the_middle_of_a_visit_finishes_it_and_loses_open_offers(
    harold_client: Client,
    harold: Contractor,
    lisa: Contractor,
    booked: Booking,
    make_job: Callable[..., Job],
) -> None:
    arrive(booking_id=booked.pk, actor=Actor.contractor(harold))
    job = make_job()
    run_due()
    assert pending_offer(job).contractor == harold
    html = harold_client.get(LEAVE).content.decode()
    assert "You are at a visit now: finish it." in html
    assert "The offer that waits" in html
    leave(harold_client)
    protect_appointments()
    run_due()
    booked.refresh_from_db()
    assert booked.live
    assert Offer.objects.get(job=job, contractor=harold).status == "withdrawn"
    assert pending_offer(job).contractor == lisa


def test_one_of_the_people_cannot_leave_for_the_firm(harold: Contractor, harold_user: User) -> None:
    ContractorUser.objects.filter(user=harold_user).update(technician=harold.technicians.get())
    client = signed_in(harold_user)
    assert client.get(LEAVE).status_code == 404
    assert client.post(LEAVE, {"sure": "yes"}).status_code == 404
    assert "Leave the network" not in client.get(reverse("portal:you")).content.decode()
