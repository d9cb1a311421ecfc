"""Explaining the ranking in a real browser: to contractors, to dispatchers, and what it learns."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from jobs.actors import Actor
from jobs.models import Job
from jobs.services import dispatch
from network.eligibility import forget_counts
from network.models import BranchStaff, Contractor, ContractorUser, User
from network.models import Client as Payer
from network.services.refusals import refuse_client
from ranking.models import Outcome, Override, RankingPolicy, Replay
from ranking.services import replays
from ranking.services.outcomes import record_outcomes
from ranking.services.overrides import Why
from ranking.services.scorecards import refresh_scorecards
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import START, make_contractor, make_user, run_due
from tests.ranking.conftest import outcome

DAY = timedelta(days=1)


@pytest.fixture
def now(transactional_db: None, clock: Any) -> Any:
    """Domain time stands still for the server too, at START."""
    clock.everywhere(START)
    return clock


@pytest.fixture
def known(now: Any, branch, trio, make_job: Callable[..., Job]) -> Job:
    """Five contractors with a record each; a client's job that Harold was asked first for."""
    forget_counts()
    make_contractor(branch, "Petra", kilometres_north=2)
    make_contractor(branch, "Sam", kilometres_north=3)
    _, lisa, james = trio
    payer = Payer.objects.create(branch=branch, slug="acme", name="Acme Homes")
    job = make_job(client=payer)
    rows = []
    for number in range(1, 14):
        at = START - number * DAY
        ref = {"at": at, "job_ref": job.public_id}
        rows += [
            outcome(james, "late" if number in (2, 9) else "on_time", **ref),
            outcome(james, "fixed", **ref),
            outcome(james, "rating", value=5 - number % 3, **ref),
            outcome(james, "declined" if number == 4 else "accepted", value=number, **ref),
            outcome(lisa, "needs_another_visit" if number % 2 else "fixed", **ref),
            outcome(lisa, "accepted", value=6, **ref),
        ]
    rows.append(outcome(james, "expired", value=60, due_to="system", at=START - DAY))
    record_outcomes(rows)
    refresh_scorecards(at=START)
    run_due()
    refuse_client(
        contractor_id=james.pk,
        client_id=Payer.objects.create(branch=branch, slug="slow", name="Slow Payers").pk,
        note="Pays after 90 days",
    )
    return job


@pytest.fixture
def signed_in(live_server: Any, open_page: OpenedPages) -> Callable[[User, Screen], Page]:
    """A page on which that user is signed in."""

    def opened(user: User, screen: Screen) -> Page:
        client = Client()
        client.force_login(user)
        page = open_page(screen)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return opened


def login_of(contractor: Contractor) -> User:
    user = make_user(f"{contractor.name.lower()}@login.example", name=contractor.name)
    ContractorUser.objects.create(user=user, contractor=contractor)
    return user


def admin_of(branch) -> User:
    user = make_user("maya@example.com", name="Maya", is_staff=True)
    BranchStaff.objects.create(user=user, branch=branch, role="admin")
    return user


def checked(page: Page, name: str, screen: Screen) -> None:
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}-{screen.name}.png"), full_page=True)
    assert overflow(page) == 0, name
    assert_axe_clean(page)


def test_the_contractors_pages_are_accessible_and_fit_every_screen(
    live_server, known, trio, signed_in, screen: Screen
) -> None:
    james = trio[2]
    page = signed_in(login_of(james), screen)
    late = Outcome.objects.filter(contractor=james, kind="late").latest("at")
    for name, args in (
        ("scorecard", ()),
        ("figure", ("on-time",)),
        ("outcome", (late.pk,)),
        ("missed", ()),
        ("missed_job", (known.public_id,)),
        ("clients", ()),
    ):
        page.goto(live_server.url + reverse(f"portal:{name}", args=args))
        checked(page, f"explain-{name}", screen)


def test_a_dispute_is_opened_in_the_portal_neutral_and_decided_by_staff(
    live_server, known, branch, trio, signed_in, open_page: OpenedPages
) -> None:
    james = trio[2]
    phone = signed_in(login_of(james), PHONE_LIGHT)
    phone.goto(live_server.url + reverse("portal:you"))
    phone.get_by_role("link", name="Your score").click()
    expect(phone.get_by_role("heading", name="Your score")).to_be_visible()
    expect(phone.get_by_text("From 13 entries").first).to_be_visible()
    phone.get_by_role("link", name="Late").filter(has_text="Dispute").click()
    phone.get_by_label("What happened?").fill("The customer asked me to come at ten.")
    phone.get_by_role("button", name="Dispute it").click()
    expect(phone.get_by_text("Your branch decides")).to_be_visible()
    refresh_scorecards(at=START)
    james.scorecard.refresh_from_db()
    assert james.scorecard.late_count == 1  # of two
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    desk = signed_in(admin_of(branch), DESK_LIGHT)
    desk.goto(live_server.url + reverse("console:branch_ranking", args=["boston"]))
    desk.get_by_role("link", name="Look at it").click()
    desk.locator("#result_list tbody a").first.click()
    expect(desk.get_by_text("The customer asked me to come at ten.").first).to_be_visible()
    desk.get_by_label("Why (the contractor reads it)").fill("She confirms it.")
    desk.get_by_role("button", name="Uphold").click()
    expect(desk.get_by_text("Upheld: it no longer counts")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("Upheld: it does not count for you")).to_be_visible()
    expect(phone.get_by_text("She confirms it.")).to_be_visible()
    refresh_scorecards(at=START)
    james.scorecard.refresh_from_db()
    assert james.scorecard.late_count == 1


def test_overrides_are_explained_gathered_and_opened_as_a_draft_in_replay(
    live_server, known, branch, trio, make_job, now, signed_in, open_page, screen: Screen
) -> None:
    maya = admin_of(branch)
    james = trio[2]
    page = signed_in(maya, screen)
    page.goto(live_server.url + reverse("console:job", args=["boston", str(known.public_id)]))
    row = page.get_by_role("row").filter(has_text="James")
    row.locator("summary").click()
    expect(row.get_by_text("points behind")).to_be_visible()
    checked(page, "explain-job", screen)
    row.get_by_role("link", name="Ask next…").click()
    dialog = page.get_by_role("dialog")
    open_page.expected.append("422")  # the form comes back and says what is missing
    dialog.get_by_role("button", name="Ask next").click()
    expect(dialog.get_by_text("Say why; the ranking learns from it.")).to_be_visible()
    checked(page, "explain-why", screen)
    dialog.get_by_label("Why not").select_option("better_at_it")
    dialog.get_by_label("Note").fill("Always fixes it")
    dialog.get_by_role("button", name="Ask next").click()
    expect(dialog).to_be_hidden()
    assert Override.objects.get().chosen == james
    now.set(START - timedelta(minutes=1))  # a replay ends before the moment it is asked for
    for number in range(6):
        start = known.window_start + (number + 1) * DAY
        job = make_job(window_start=start, window_end=start + timedelta(hours=4))
        run_due()
        dispatch.offer_next(
            job_id=job.pk,
            contractor_id=james.pk,
            why=Why("better_at_it"),
            actor=Actor.staff(maya),
        )
    page.goto(live_server.url + reverse("console:branch_ranking", args=["boston"]))
    expect(page.get_by_text("James, Water heater repair")).to_be_visible()
    checked(page, "explain-ranking", screen)
    page.get_by_role("button", name="See it in a replay").click()
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    for replay in Replay.objects.filter(status="queued"):
        replays.run_replay(replay_id=replay.pk)
    expect(page.get_by_text("first calls change hands")).to_be_visible()
    draft = RankingPolicy.objects.get(branch=branch, status="draft")
    assert draft.note == "From the overrides of November 2026"
    checked(page, "explain-replay", screen)
