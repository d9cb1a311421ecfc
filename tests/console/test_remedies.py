"""Every question has remedies, each one click; none is only a red label."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.actors import Actor
from jobs.console.needs import load_cards
from jobs.models import ChangePolicy, Escalation, Job
from jobs.services.answers import decline_offer
from jobs.services.customer_changes import customer_cancels, customer_moves
from jobs.services.customer_links import customer_token
from jobs.services.customer_notes import add_note
from jobs.services.proposals import propose
from jobs.services.visits import arrive, complete_visit
from jobs.states import EscalationKind
from network.models import Contractor, ServiceTypeSkill, TechnicianSkill
from network.templatetags.firstcall import ESCALATIONS
from tests.console.conftest import url
from tests.jobs.steps import SYSTEM, booked, decline, events_of, offered, open_questions, status_of
from tests.jobs.world import make_contractor, pending_offer, run_due


@pytest.fixture
def lonely(trio, make_job) -> Job:
    """Everybody was asked and said no."""
    job = make_job(not_to_exceed=Decimal(300))
    for _ in trio:
        decline(offered(job))
    run_due()
    assert open_questions(job) == ["everyone_asked"]
    return job


def card_of(job: Job, clock: Any) -> Any:
    (card,) = load_cards(job.branch, at=clock.now, job=job)
    return card


def fix(card: Any, label: str) -> Any:
    return next(one for one in card.fixes if one.label.startswith(label))


KNOWN: dict[str, dict[str, Any]] = {
    "counter_offer": {
        "contractor": "Harold",
        "contractor_phone": "(617) 555-0100",
        "pay": "400",
        "offered": "300",
        "limit": "350",
        "currency": "USD",
        "starts_at": None,
        "note": "",
        "offer": "0192f5c0-0000-7000-8000-000000000000",
        "until": "2026-11-03T12:00:00+00:00",
        "next": ["Lisa"],
    },
    "move_asked": {
        "window_start": "2026-11-04T13:00:00+00:00",
        "window_end": "2026-11-04T17:00:00+00:00",
        "note": "",
    },
    "presumed_no_show": {"contractor": "Harold", "contractor_phone": "(617) 555-0100"},
    "late_check_in": {
        "contractor": "Harold",
        "contractor_phone": "(617) 555-0100",
        "substitute": "Lisa",
        "substitute_phone": "(617) 555-0101",
    },
    "cancel_asked": {"reason": "price", "note": ""},
}


@pytest.mark.parametrize("kind", EscalationKind)
def test_every_kind_of_question_has_remedies_beyond_settling_it(kind, trio, make_job, clock):
    job = make_job()
    booked(job)
    Escalation.objects.create(
        branch=job.branch, job=job, kind=kind, opened_at=clock.now, data=KNOWN.get(kind, {})
    )
    card = card_of(job, clock)
    assert len(card.what) > 15
    remedies = [one for one in card.fixes if one.label != "Settled otherwise"]
    assert remedies, f"{kind} is only a label"
    assert any(one.main for one in remedies), f"{kind} says not what to do first"
    for one in remedies:
        assert one.action or one.url
        assert one.icon
    assert kind in ESCALATIONS


@pytest.fixture
def near(branch, service_type) -> Contractor:
    """Whose territory ends some kilometres before the site."""
    return make_contractor(branch, "Nadia", kilometres_north=8, radius_km=5)


def test_a_promise_in_danger_is_settled_by_one_click(nora, near, lonely, clock):
    card = card_of(lonely, clock)
    widen = fix(card, "Widen by")
    assert widen.hint == "+1 contractor"
    assert widen.main
    assert nora.post(widen.action, widen.fields).status_code == 302
    run_due()
    assert pending_offer(lonely).contractor == near
    assert open_questions(lonely) == []


def test_windows_are_offered_or_taken_and_people_named_to_call(nora, lonely, clock):
    card = card_of(lonely, clock)
    labels = [one.label for one in card.fixes]
    assert "Offer the customer other times" in labels
    assert sum(label.startswith("Move to") for label in labels) == 3
    offer = fix(card, "Offer the customer")
    assert nora.post(offer.action, offer.fields).status_code == 302
    assert "windows_offered" in events_of(lonely)
    assert open_questions(lonely) == ["everyone_asked"], "it waits for the customer's choice"
    move = fix(card, "Move to")
    assert nora.post(move.action, move.fields).status_code == 302
    assert "moved" in events_of(lonely)
    assert open_questions(lonely) == []
    run_due()
    lonely.refresh_from_db()
    assert pending_offer(lonely).starts_at >= lonely.window_start
    again = nora.post(move.action, move.fields, headers={"HX-Request": "true"})
    assert again.status_code in (204, 409), "a second click changes nothing"
    assert events_of(lonely).count("moved") == 1


def test_whoever_found_it_too_little_is_asked_again_for_more(nora, trio, make_job, clock):
    job = make_job(not_to_exceed=Decimal(300))
    for _ in trio:
        offer = offered(job)
        decline_offer(
            offer_id=offer.pk,
            reason="price_too_low",
            actor=Actor.contractor(offer.contractor),
            via="portal",
        )
    run_due()
    raise_ = fix(card_of(job, clock), "Pay $")
    assert raise_.hint.startswith("+3 contractors")
    before = job.offers.order_by("pk").first().pay
    nora.post(raise_.action, raise_.fields)
    run_due()
    assert pending_offer(job).pay == before + Decimal(str(raise_.fields["amount"]))


def test_a_skill_is_relaxed_only_where_the_branch_allows_it(
    nora, trio, make_job, clock, service_type
):
    ServiceTypeSkill.objects.filter(service_type=service_type).update(min_level=3)
    TechnicianSkill.objects.update(level=2)
    job = make_job()
    run_due()
    assert open_questions(job) == ["no_candidates"]
    assert not any("skill level" in one.label for one in card_of(job, clock).fixes)
    policy = ChangePolicy.objects.create(branch=job.branch)
    policy.relaxable.add(service_type)
    relax = fix(card_of(job, clock), "One skill level below")
    assert relax.hint == "+3 contractors"
    nora.post(relax.action, relax.fields)
    run_due()
    assert pending_offer(job)


def test_ten_in_danger_cost_as_many_queries_as_one(trio, make_job, clock, branch):
    def lonely_one() -> None:
        job = make_job()
        for _ in trio:
            decline(offered(job))
        run_due()

    lonely_one()
    with CaptureQueriesContext(connection) as one:
        load_cards(branch, at=clock.now, limit=None)
    for _ in range(3):
        lonely_one()
    with CaptureQueriesContext(connection) as four:
        load_cards(branch, at=clock.now, limit=None)
    assert len(four) == len(one)


# -- questions of customers and contractors ----------------------------------------------------
def test_what_a_customer_asks_after_the_cut_off_is_answered_by_one_click(
    nora, trio, make_job, clock
):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start - timedelta(minutes=30))
    dana = SYSTEM
    customer_moves(
        job_id=job.pk,
        window_start=job.window_start + timedelta(days=1),
        window_end=job.window_end + timedelta(days=1),
        note="A wedding",
        actor=dana,
    )
    card = card_of(job, clock)
    assert "A wedding" in card.what
    assert "Harold has the visit" in card.what
    no = fix(card, "Keep")
    nora.post(no.action, no.fields)
    assert open_questions(job) == []
    assert "moved" not in events_of(job)
    customer_cancels(job_id=job.pk, reason="price", actor=dana)
    yes = fix(card_of(job, clock), "Cancel the visit")
    nora.post(yes.action, yes.fields)
    assert status_of(job) == "cancelled"
    booking.refresh_from_db()
    assert not booking.live


@pytest.mark.parametrize("answer", ["Take it", "No, ask"])
def test_an_own_price_above_the_limit_is_answered_by_one_click(nora, trio, make_job, clock, answer):
    job = make_job(not_to_exceed=Decimal(200))
    offer = offered(job)
    propose(offer_id=offer.pk, pay=Decimal(260), actor=SYSTEM)
    card = card_of(job, clock)
    assert "for $260 instead of $140" in card.what
    assert "the limit is $200" in card.what
    assert "Next would be Lisa and James" in card.what
    chosen = fix(card, answer)
    nora.post(chosen.action, chosen.fields)
    run_due()
    if answer == "Take it":
        assert status_of(job) == "booked"
        assert job.bookings.get().offer.pay == 260
    else:
        assert pending_offer(job).contractor.name == "Lisa"
    assert open_questions(job) == []
    again = nora.post(chosen.action, chosen.fields, headers={"HX-Request": "true"})
    assert again.status_code == 409


def test_unfinished_work_is_followed_up_by_one_click(nora, trio, make_job, clock):
    job = make_job()
    booking = booked(job)
    clock.set(job.window_start)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(
        booking_id=booking.pk,
        result="needs_another_visit",
        because="parts",
        note="A valve",
        actor=SYSTEM,
    )
    follow = fix(card_of(job, clock), "Follow up at the next")
    assert follow.hint == "Harold first"
    nora.post(follow.action, follow.fields)
    made = Job.objects.get(follow_up_of=job)
    assert made.window_start > clock.now + timedelta(hours=20)
    assert open_questions(job) == []
    assert made.reference in nora.get(url("job", job=job)).content.decode()


def test_the_dispatcher_moves_a_job_by_the_form(nora, trio, make_job):
    job = make_job()
    booking = booked(job)
    address = url("move", job=job)
    page = nora.get(address)
    assert "the same contractor can come" in page.content.decode()
    answer = nora.post(address, {"by": "customer", "window": "other", "start": "", "end": ""})
    assert answer.status_code == 422
    answer = nora.post(
        address,
        {
            "by": "branch",
            "window": "other",
            "start": "2026-11-04T09:00",
            "end": "2026-11-04T13:00",
            "seen": job.window_start.isoformat(),
            "note": "The road is closed",
        },
    )
    assert answer.status_code == 302
    job.refresh_from_db()
    booking.refresh_from_db()
    assert job.window_start.isoformat() == "2026-11-04T14:00:00+00:00"
    assert booking.live


def test_staff_see_what_the_customer_added_and_take_their_link_away(nora, trio, make_job, client):
    job = make_job()
    add_note(job_id=job.pk, text="Side door, please", actor=SYSTEM)
    address = url("job", job=job)
    assert "Side door, please" in nora.get(address).content.decode()
    nora.post(url("customer_link", job=job), {"what": "renew"})
    token = customer_token(job)
    assert token in nora.get(address).content.decode()
    nora.post(url("customer_link", job=job), {"what": "revoke"})
    assert customer_token(job) == ""
    assert "Their link was revoked" in nora.get(address).content.decode()
