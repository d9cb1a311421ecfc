"""Applications: the queue, all that was stated on one page, and the three decisions."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Message
from jobs.services.outbox import send_due_messages
from network.models import (
    Application,
    ContractorEvent,
    ContractorUser,
    RateCard,
    Requirement,
    TechnicianSkill,
)
from network.services.documents import approve_document
from network.services.territory import set_radius_territory
from tests.console.conftest import text_of, url
from tests.jobs.world import (
    START,
    add_technician,
    make_branch,
    make_contractor,
    make_job,  # noqa: F401
    make_service_type,
    make_user,
    pending_offer,
    run_due,
)


def page(client, contractor):
    response = client.get(url("application", contractor=contractor.public_id))
    assert response.status_code == 200
    return response


def decide(client, what, contractor, **data):
    return client.post(url(f"{what}_application", contractor=contractor.public_id), data)


def found(client, contractor):
    """What was found about the applicant, as (tone, text)."""
    return {(check.tone, check.text) for check in page(client, contractor).context["checks"]}


def test_the_queue_shows_who_waits_the_longest_waiting_first(nora, apply):
    apply("Bo", START - timedelta(hours=3))
    apply("Ada", START - timedelta(days=2))
    apply("Cy", START - timedelta(minutes=5))
    Application.objects.filter(contractor__name="Cy").update(
        state="sent_back", reason="No licence.", reviewed_at=START
    )
    response = nora.get(url("reviews"))
    assert [one.contractor.name for one in response.context["listed"]] == ["Ada", "Bo"]
    words = text_of(response)
    assert "2, the oldest for 2 days" in words
    assert "Sent back, not handed in again yet Cy" in words
    assert "No licence." in words


def test_the_number_of_queries_does_not_grow_with_the_queue(nora, apply):
    def count():
        with CaptureQueriesContext(connection) as captured:
            nora.get(url("reviews"))
        return len(captured)

    for number in range(2):
        apply(f"Firm {number}")
    count()
    few = count()
    for number in range(2, 20):
        apply(f"Firm {number}")
    assert count() == few <= 24


def test_everything_stated_stands_on_one_page(nora, apply, hand_in, branch):
    ada = apply(
        "Ada",
        phone="(617) 555-0199",
        contact_from=time(7),
        contact_until=time(20),
        notice_minutes=120,
        most_jobs_a_day=4,
        after_hours_emergencies=True,
        works_on_holidays=False,
    )
    ruth = add_technician(ada, "Ruth")
    ruth.working_hours.filter(weekday__gte=5).delete()
    ruth.working_hours.update(starts=time(22), ends=time(6))
    TechnicianSkill.objects.filter(technician=ruth).update(
        level=2, certificate_number="P-77", expires_on=date(2027, 8, 1)
    )
    RateCard.objects.create(
        contractor=ada,
        service_type=branch.service_types.get(),
        fixed_price=Decimal("210.00"),
        valid_from=date(2026, 11, 1),
    )
    hand_in(ada, number="A-17")
    words = text_of(page(nora, ada))
    for stated in (
        "ada@example.com",
        "(617) 555-0199",
        "Plumbing, expert",
        "Plumbing, skilled · P-77, to 1 Aug 2027",
        "Mon–Sun 06:00–22:00",
        "Mon–Fri 22:00–06:00 next day",
        "Territory: 15.5 mi",
        "$90/h, $40 call-out",
        "Water heater repair $210 fixed",
        "May be asked 07:00–20:00",
        "Notice 2 h",
        "at most 4 visits",
        "Emergencies at any hour",
        "Public holidays off",
        "Liability insurance no. A-17 · sent Mon 2 Nov · says it ends 30 Jun 2027",
    ):
        assert stated in words, stated


def test_what_is_odd_is_pointed_out(nora, apply, branch, insurance, hand_in):
    insurance.active = True
    insurance.save()
    for number in range(3):
        make_contractor(branch, f"Peer {number}", hourly_rate="100.00")
    make_contractor(branch, "Old Ada", status="left", email="ada@example.com", phone="")
    make_contractor(branch, "Twin", phone="+1 617 555 0177", kilometres_north=8)
    ada = apply("Ada", hourly_rate="190.00", phone="617-555-0177", kilometres_north=30)
    set_radius_territory(contractor_id=ada.pk, latitude=42.3467, longitude=-71.1019, radius_km=5)
    late = add_technician(ada, "Ruth")
    late.working_hours.all().delete()
    TechnicianSkill.objects.filter(technician=late).update(expires_on=date(2026, 10, 1))
    said = found(nora, ada)
    assert ("bad", "Liability insurance is missing") in said
    assert ("bad", "Ruth’s certificate for Plumbing expired on Thu 1 Oct") in said
    assert ("warn", "Same e-mail as Old Ada, who left") in said
    assert ("warn", "Same telephone as Twin") in said
    assert ("warn", "E-mail address not confirmed") in said
    assert ("warn", "Asks $190/h, usual is $100") in said
    assert ("warn", "Ruth has no working hours") in said
    assert any(text.startswith("Territory lies") for tone, text in said if tone == "warn")
    tones = [check.tone for check in page(nora, ada).context["checks"]]
    assert tones == sorted(tones, key=["bad", "warn", "good"].index)


def test_what_is_in_order_is_said_too(nora, apply, branch, insurance, hand_in):
    insurance.active = True
    insurance.save()
    for number in range(3):
        make_contractor(branch, f"Peer {number}", hourly_rate="92.00", phone="", kilometres_north=5)
    ada = apply("Ada", phone="")
    login = make_user("ada@example.com")
    EmailAddress.objects.create(user=login, email=login.email, verified=True)
    ContractorUser.objects.create(user=login, contractor=ada)
    hand_in(ada)
    assert found(nora, ada) == {
        ("good", "Liability insurance to 30 Jun 2027"),
        ("good", "Territory: 15.5 mi around Boston"),
        ("good", "Asks $90/h, usual is $92"),
    }


def test_approving_takes_the_applicant_in_tells_him_and_lets_him_be_asked(nora, apply, make_job):  # noqa: F811
    ada = apply()
    asked = nora.get(url("approve_application", contractor=ada.public_id))
    assert "it is a year from today" in text_of(asked)
    ada.refresh_from_db()
    assert ada.status == "applicant"  # looking at it changes nothing
    response = decide(nora, "approve", ada, cleared_until="")
    assert response.status_code == 302
    assert response["Location"] == url("reviews")
    ada.refresh_from_db()
    assert (ada.status, ada.cleared_until) == ("active", date(2027, 11, 2))
    assert [event.action for event in ContractorEvent.objects.filter(contractor=ada)][-1:] == [
        "application-approved"
    ]
    send_due_messages()
    [sent] = mail.outbox
    assert sent.to == ["ada@example.com"]
    job = make_job()
    run_due()
    assert pending_offer(job).contractor == ada


def test_an_applicant_whose_papers_wait_is_approved_and_cleared_with_them(
    nora, apply, insurance, hand_in
):
    insurance.active = True
    insurance.save()
    ada = apply()
    paper = hand_in(ada)
    asked = text_of(nora.get(url("approve_application", contractor=ada.public_id)))
    assert "Still to be looked at: Liability insurance." in asked
    said = decide(nora, "approve", ada, cleared_until="")
    assert said.status_code == 302
    ada.refresh_from_db()
    assert (ada.status, ada.cleared_until) == ("active", None)
    approve_document(document_id=paper.pk, actor_id=None)
    ada.refresh_from_db()
    assert ada.cleared_until == date(2027, 6, 30)


def test_sending_back_needs_a_reason_and_keeps_what_was_typed(nora, apply):
    ada = apply()
    response = decide(nora, "send_back", ada, reason="  ", steps=["3", "5"])
    assert response.status_code == 422
    assert "Say why" in text_of(response)
    assert response.context["form"]["steps"].value() == ["3", "5"]
    assert Application.objects.get().state == "submitted"
    assert decide(nora, "send_back", ada, reason="x", steps=["9"]).status_code == 422
    response = decide(nora, "send_back", ada, reason="The licence is cut off.", steps=["5"])
    assert response.status_code == 302
    application = Application.objects.get()
    assert (application.state, application.reason) == ("sent_back", "The licence is cut off.")
    assert application.data["mend"] == [5]
    send_due_messages()
    assert "The licence is cut off." in mail.outbox[0].body


def test_rejecting_is_final_and_told(nora, apply):
    ada = apply()
    assert decide(nora, "reject", ada, reason="").status_code == 422
    decide(nora, "reject", ada, reason="No plumber is needed there.")
    ada.refresh_from_db()
    assert (ada.status, ada.application.state) == ("left", "rejected")
    send_due_messages()
    assert "No plumber is needed there." in mail.outbox[0].body
    assert "Rejected" in text_of(page(nora, ada))


def test_the_second_of_two_who_decide_hears_that_it_is_decided(nora, apply):
    ada = apply()
    decide(nora, "send_back", ada, reason="The licence is cut off.")
    late = decide(nora, "approve", ada, cleared_until="")
    assert late.status_code == 302
    assert "This application is sent back" in text_of(nora.get(late["Location"]))
    htmx = nora.post(
        url("approve_application", contractor=ada.public_id),
        {"cleared_until": ""},
        headers={"HX-Request": "true", "HX-Target": "act-body"},
    )
    assert htmx.status_code == 409
    assert Message.objects.count() == 1
    ada.refresh_from_db()
    assert ada.status == "applicant"


def test_approving_twice_is_told_once(nora, apply):
    ada = apply()
    for _ in range(2):
        assert decide(nora, "approve", ada, cleared_until="2027-05-01").status_code == 302
    assert Message.objects.count() == 1
    ada.refresh_from_db()
    assert ada.cleared_until == date(2027, 5, 1)


def test_a_day_that_is_none_is_said_at_its_field(nora, apply):
    ada = apply()
    response = decide(nora, "approve", ada, cleared_until="31/31/2027")
    assert response.status_code == 422
    assert "Give a day as 2026-11-24." in text_of(response)
    assert "31/31/2027" in response.content.decode()


def test_the_mail_and_the_decision_happen_both_or_not_at_all(nora, apply, monkeypatch):
    def fail(application):
        raise RuntimeError("the outbox is broken")

    monkeypatch.setattr("jobs.console.network.views.reviews.tell_of_decision", fail)
    ada = apply()
    with pytest.raises(RuntimeError):
        decide(nora, "approve", ada, cleared_until="")
    ada.refresh_from_db()
    assert (ada.status, ada.application.state) == ("applicant", "submitted")


def test_one_goes_from_each_to_the_next(nora, apply):
    ada = apply("Ada", START - timedelta(days=2))
    bo = apply("Bo")
    first, second = page(nora, ada).context["queue"], page(nora, bo).context["queue"]
    assert (first["place"], first["total"], first["next_url"]) == (
        1, 2, url("application", contractor=bo.public_id),
    )  # fmt: skip
    assert second["previous_url"] == url("application", contractor=ada.public_id)


def test_the_contractors_page_of_an_applicant_is_his_application(nora, apply):
    ada = apply()
    response = nora.get(url("contractor", contractor=ada.public_id))
    assert response["Location"] == url("application", contractor=ada.public_id)


def test_what_is_another_branchs_is_not_there(nora, apply):
    other = make_branch("worcester")
    make_service_type(other)
    stranger = make_contractor(other, "Stranger", status="applicant", cleared_until=None)
    Application.objects.create(contractor=stranger, state="submitted", submitted_at=START)
    assert nora.get(url("reviews")).context["total"] == 0
    assert nora.get(url("application", contractor=stranger.public_id)).status_code == 404
    for what in ("approve", "send_back", "reject"):
        assert decide(nora, what, stranger, reason="x").status_code == 404
    stranger.refresh_from_db()
    assert stranger.status == "applicant"


def test_a_contractor_without_an_application_has_no_such_page(nora, harold):
    assert nora.get(url("application", contractor=harold.public_id)).status_code == 404


def test_a_requirement_of_another_branch_or_a_skill_is_not_missed(nora, apply, branch):
    skill = branch.service_types.get().required_skills.get().skill
    facts = {"kind": "licence", "required_from": date(2026, 1, 1)}
    Requirement.objects.create(branch=branch, name="Gas licence", skill=skill, **facts)
    Requirement.objects.create(branch=make_branch("worcester"), name="Visa", **facts)
    ada = apply()
    assert not [text for _, text in found(nora, ada) if "missing" in text]
