"""Offers in the portal: seen without a street, answered once, never with an error."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.jobs import cancel_job
from jobs.states import OfferStatus
from network.models import Contractor, ContractorUser, User
from tests.jobs.world import START, add_technician, make_contractor, make_user, run_due, settle
from tests.portal.conftest import SECRETS, signed_in


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(f"portal:{name}", args=args), query)
    assert answer.status_code == 200, answer.content[:400]
    return answer.content.decode()


def post(client: Client, name: str, offer: Offer, **data: str) -> Any:
    return client.post(reverse(f"portal:{name}", args=[offer.public_id]), data)


def assert_tells_nothing(html: str) -> None:
    for secret in SECRETS:
        assert secret.lower() not in html.lower(), secret


def test_an_offer_shows_what_is_needed_to_decide(harold_client: Client, offered: Offer) -> None:
    html = page(harold_client, "offer", offered.public_id)
    assert "Water heater repair" in html
    assert "First call, only you" in html
    assert "Tomorrow<br>8 am–noon EST" in html
    assert "1 h 15 min" in html
    assert "$140" in html  # 40 call-out and 1.25 h at 80
    assert "$80 × 1.25 h + $40 call-out" in html
    assert "02215" in html
    assert f'data-expires-at="{round(offered.expires_at.timestamp() * 1000)}"' in html
    assert "Why you were asked first" in html
    assert 'aria-label="The job is somewhere inside a circle' in html


@pytest.mark.parametrize("refresh", [False, True])
def test_nothing_before_the_yes_tells_who_or_where(
    harold_client: Client, offered: Offer, refresh: bool
) -> None:
    headers = {"HX-Request": "true"} if refresh else {}
    for name, args in [
        ("today", []),
        ("offers", []),
        ("offer", [offered.public_id]),
        ("decline", [offered.public_id]),
        ("calendar", []),
        ("visits", []),
        ("you", []),
    ]:
        answer = harold_client.get(reverse(f"portal:{name}", args=args), headers=headers)
        assert answer.status_code == 200, name
        assert_tells_nothing(answer.content.decode())
        assert_tells_nothing(str(answer.headers))


def test_the_search_for_secrets_would_find_them(harold_client: Client, booked: Booking) -> None:
    """The control of the test above: after the yes they are all there but the e-mail address."""
    html = page(harold_client, "visit", booked.public_id)
    shown = [secret for secret in SECRETS if secret in html]
    assert {"41 Pond Lane", "Dana", "Whitfield", "555-0142", "Ring twice", "42.3467"} <= set(shown)


def test_a_plus_four_zip_is_cut_to_its_quarter(
    harold: Contractor, harold_client: Client, make_job: Any
) -> None:
    job = make_job(postcode="02215-1234")
    run_due()
    html = page(harold_client, "offer", Offer.objects.get(job=job).public_id)
    said = re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", html
    )  # anything may be in these
    assert "02215" in said
    assert "1234" not in said


def test_rivals_are_never_named(harold_client: Client, offered: Offer) -> None:
    html = page(harold_client, "offer", offered.public_id)
    assert "Lisa" not in html
    assert "of 2" in html  # how many there were is no secret


def test_accepting_leads_to_the_visit_with_its_address(
    harold_client: Client, offered: Offer
) -> None:
    answer = post(harold_client, "accept", offered)
    booking = Booking.objects.get(offer=offered)
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("portal:visit", args=[booking.public_id])
    html = harold_client.get(answer.headers["Location"]).content.decode()
    assert "It’s yours: Tomorrow 8 am–noon" in html
    assert "41 Pond Lane, unit 2" in html
    assert 'href="tel:6175550142"' in html
    settle()


def test_a_second_tap_lands_on_the_same_visit(harold_client: Client, offered: Offer) -> None:
    first, second = post(harold_client, "accept", offered), post(harold_client, "accept", offered)
    assert first.headers["Location"] == second.headers["Location"]
    assert Booking.objects.filter(offer=offered).count() == 1


@pytest.mark.parametrize("name", ["accept", "decline"])
@pytest.mark.parametrize("worker_was_there", [False, True])
def test_a_late_tap_is_told_how_late_and_is_no_error(
    harold_client: Client, offered: Offer, clock: Any, name: str, worker_was_there: bool
) -> None:
    clock.set(offered.expires_at + timedelta(seconds=4))
    if worker_was_there:
        run_due()
    answer = post(harold_client, name, offered, reason="too_far")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Your time ran out" in html
    assert "Your tap reached us at" in html
    assert "4 seconds late" in html
    offered.refresh_from_db()
    assert offered.status in (OfferStatus.PENDING, OfferStatus.EXPIRED)
    assert not Booking.objects.exists()


@pytest.mark.parametrize(("microseconds", "accepted"), [(-1, True), (0, False), (1, False)])
def test_the_deadline_counts_to_the_microsecond(
    harold_client: Client, offered: Offer, clock: Any, microseconds: int, accepted: bool
) -> None:
    clock.set(offered.expires_at + timedelta(microseconds=microseconds))
    answer = post(harold_client, "accept", offered)
    assert answer.status_code == (302 if accepted else 200)
    assert Booking.objects.exists() is accepted


def test_who_comes_late_to_a_job_that_somebody_has_reads_already_taken(
    harold_client: Client, lisa_client: Client, offered: Offer, clock: Any
) -> None:
    clock.set(offered.expires_at + timedelta(seconds=1))
    run_due()
    lisas = Offer.objects.get(job=offered.job, status="pending")
    assert post(lisa_client, "accept", lisas).status_code == 302
    html = post(harold_client, "accept", offered).content.decode()
    assert "Already taken" in html
    assert_tells_nothing(html)


def test_declining_needs_a_reason_and_moves_the_job_on(
    harold_client: Client, offered: Offer
) -> None:
    refused = post(harold_client, "decline", offered, note="Too many stairs")
    assert refused.status_code == 200
    assert "Choose a reason." in refused.content.decode()
    assert "Too many stairs" in refused.content.decode()
    answer = post(harold_client, "decline", offered, reason="too_far", note="Too many stairs")
    assert answer.headers["Location"] == reverse("portal:correct", args=[offered.public_id])
    offered.refresh_from_db()
    assert (offered.status, offered.reason, offered.note, offered.via) == (
        "declined",
        "too_far",
        "Too many stairs",
        "portal",
    )
    run_due()
    assert Offer.objects.get(job=offered.job, status="pending").contractor.name == "Lisa"
    html = page(harold_client, "offer", offered.public_id)
    assert "You said no" in html
    assert "too far" in html


def test_yes_after_no_and_no_after_yes_say_what_stands(
    harold_client: Client, offered: Offer
) -> None:
    post(harold_client, "decline", offered, reason="too_busy")
    assert "You said no" in post(harold_client, "accept", offered).content.decode()


def test_no_after_yes_leads_to_the_visit(harold_client: Client, booked: Booking) -> None:
    answer = post(harold_client, "decline", booked.offer, reason="too_busy")
    assert answer.headers["Location"] == reverse("portal:visit", args=[booked.public_id])


def test_a_withdrawn_offer_is_nobodys_fault(
    harold_client: Client, offered: Offer, branch: Any
) -> None:
    cancel_job(
        job_id=offered.job_id, by="customer", reason="no_longer_needed", actor=Actor.system()
    )
    html = post(harold_client, "accept", offered).content.decode()
    assert "No longer needed" in html
    assert "does not count against you" in html


def test_looking_decides_nothing(harold_client: Client, offered: Offer) -> None:
    accept = reverse("portal:accept", args=[offered.public_id])
    assert harold_client.get(accept).status_code == 405
    page(harold_client, "decline", offered.public_id)
    page(harold_client, "offer", offered.public_id)
    offered.refresh_from_db()
    assert offered.status == OfferStatus.PENDING


def test_a_post_without_a_token_is_refused(harold_user: User, offered: Offer) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(harold_user)
    assert post(client, "accept", offered).status_code == 403
    assert not Booking.objects.exists()


def test_another_start_can_be_chosen_when_it_fits(harold_client: Client, offered: Offer) -> None:
    html = page(harold_client, "offer", offered.public_id)
    start = offered.job.window_start + timedelta(hours=2)
    plan = f"{offered.technician_id}|{start.isoformat()}"
    assert f'value="{plan}"' in html
    assert post(harold_client, "accept", offered, plan=plan).status_code == 302
    assert Booking.objects.get(offer=offered).starts_at == start
    settle()


@pytest.mark.parametrize("plan", ["nonsense", "1|2026-11-03T08:00", "x|y", "7|"])
def test_a_plan_that_no_form_sent_is_refused_in_words(
    harold_client: Client, offered: Offer, plan: str
) -> None:
    answer = post(harold_client, "accept", offered, plan=plan)
    assert answer.status_code == 200
    assert "Choose one of the times in the list." in answer.content.decode()
    assert not Booking.objects.exists()


def test_a_start_that_fits_no_longer_is_refused_and_the_offer_stays(
    harold_client: Client, offered: Offer
) -> None:
    late = offered.job.window_end + timedelta(hours=1)
    answer = post(
        harold_client, "accept", offered, plan=f"{offered.technician_id}|{late.isoformat()}"
    )
    html = answer.content.decode()
    assert "inside the arrival window" in html
    assert "Accept for" in html
    offered.refresh_from_db()
    assert offered.status == OfferStatus.PENDING


def test_a_firm_may_send_another_technician(
    harold: Contractor, harold_client: Client, offered: Offer
) -> None:
    zoe = add_technician(harold, "Zoe")
    html = page(harold_client, "offer", offered.public_id)
    assert '<optgroup label="Zoe">' in html
    plan = f"{zoe.pk}|{offered.job.window_start.isoformat()}"
    post(harold_client, "accept", offered, plan=plan)
    assert Booking.objects.get(offer=offered).technician == zoe


def test_a_foreign_technician_is_refused(
    lisa: Contractor, harold_client: Client, offered: Offer
) -> None:
    stranger = lisa.technicians.get()
    plan = f"{stranger.pk}|{offered.job.window_start.isoformat()}"
    answer = post(harold_client, "accept", offered, plan=plan)
    assert answer.status_code == 200
    assert not Booking.objects.exists()


def test_nobody_sees_or_answers_anothers_offer(
    lisa_client: Client, offered: Offer, dispatcher: User
) -> None:
    for name in ("offer", "decline"):
        address = reverse(f"portal:{name}", args=[offered.public_id])
        assert lisa_client.get(address).status_code == 404
        assert signed_in(dispatcher).get(address).status_code == 403
        assert Client().get(address).status_code == 302
    for name in ("accept", "decline"):
        assert post(lisa_client, name, offered, reason="too_far").status_code == 404
        assert post(signed_in(dispatcher), name, offered, reason="too_far").status_code == 403
    offered.refresh_from_db()
    assert offered.status == OfferStatus.PENDING


def test_a_technicians_account_sees_only_its_own(
    harold: Contractor, harold_client: Client, offered: Offer
) -> None:
    zoe = add_technician(harold, "Zoe")
    user = make_user("zoe@example.com", name="Zoe")
    ContractorUser.objects.create(user=user, contractor=harold, technician=zoe)
    client = signed_in(user)
    assert client.get(reverse("portal:offer", args=[offered.public_id])).status_code == 404
    assert "Water heater" not in page(client, "offers")


def test_a_contractor_who_may_not_work_is_told_so(
    harold: Contractor, harold_client: Client, offered: Offer
) -> None:
    harold.status = "suspended"
    harold.save()
    assert "Suspended by your branch" in page(harold_client, "today")
    answer = post(harold_client, "accept", offered)
    assert answer.status_code == 200
    assert "active and cleared" in answer.content.decode()
    assert not Booking.objects.exists()


def test_lists_take_a_fixed_number_of_queries(
    harold: Contractor,
    harold_client: Client,
    make_job: Any,
    django_assert_max_num_queries: Any,
) -> None:
    counts, made = [], 0
    for _ in range(2):
        for _ in range(3):
            made += 1
            start = START + timedelta(days=made, hours=-1)
            make_job(window_start=start, window_end=start + timedelta(hours=4))
            run_due()
        row = []
        for name in ("today", "offers", "visits", "calendar", "you"):
            with django_assert_max_num_queries(24 if name == "you" else 16) as seen:
                page(harold_client, name)
            row.append(len(seen))
        counts.append(row)
    assert Offer.objects.filter(contractor=harold).count() == 6
    assert counts[0] == counts[1]


def test_the_offer_page_takes_a_fixed_number_of_queries(
    harold: Contractor,
    harold_client: Client,
    offered: Offer,
    branch: Any,
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(20) as few:
        page(harold_client, "offer", offered.public_id)
    for number in range(5):
        add_technician(harold, f"Hand {number}")
        make_contractor(branch, f"Rival {number}")
    with django_assert_max_num_queries(20) as many:
        page(harold_client, "offer", offered.public_id)
    assert len(few) == len(many)


def test_a_refresh_is_the_same_region_and_brings_the_count_along(
    harold_client: Client, offered: Offer
) -> None:
    answer = harold_client.get(reverse("portal:today"), headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "<html" not in html
    assert html.count('id="today-live"') == 1
    assert 'hx-swap-oob="true"' in html
    assert '1<span class="sr"> waiting' in html


def test_job_words_are_escaped(harold_client: Client, booked: Booking) -> None:
    Job.objects.filter(pk=booked.job_id).update(description="<script>alert(1)</script>")
    html = page(harold_client, "visit", booked.public_id)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
