"""A branch's admin in a real browser: draft, replay, publish; the next job uses it."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from network.clock import app_now
from network.models import Branch, BranchStaff, User
from ranking.models import Decision, RankingPolicy, Replay
from ranking.services import policies, replays
from ranking.services.disputes import open_dispute
from ranking.services.outcomes import record_outcomes
from ranking.services.overrides import Why, record_override
from ranking.services.scorecards import refresh_scorecards
from tests.browser.conftest import (
    OpenedPages,
    Screen,
    assert_axe_clean,
    axe_violations,
    overflow,
)
from tests.ranking.conftest import branch as branch
from tests.ranking.conftest import candidate, outcome
from tests.ranking.conftest import make_branch as make_branch
from tests.ranking.conftest import make_contractor as make_contractor
from tests.ranking.test_decisions import made

JOBS = 120


@pytest.fixture
def world(transactional_db: None, branch: Branch, make_contractor):
    """A branch whose live policy likes them near, and a month of jobs it ranked."""
    maya = User.objects.create_user("maya@example.com", "secret-secret", name="Maya", is_staff=True)
    BranchStaff.objects.create(user=maya, branch=branch, role="admin")
    policies.ensure_policy(branch_id=branch.id)
    near, cheap = make_contractor("Near & Sons"), make_contractor("Cheap")
    now = app_now()
    record_outcomes([outcome(near, "no_show", at=now), outcome(near, "fixed", at=now)])
    refresh_scorecards(at=now)
    for number in range(JOBS):
        made(
            branch,
            [
                candidate(near, travel_minutes=4, travel_km=2, price=Decimal(210)),
                candidate(cheap, travel_minutes=30 + number % 9, travel_km=9, price=Decimal(120)),
            ],
            at=now - timedelta(hours=5 * number + 1),
        )
    return branch, near, cheap


def log_in(page: Page, site: str) -> None:
    page.goto(site + "/accounts/login/")
    page.get_by_label("Email").fill("maya@example.com")
    page.get_by_label("Password").fill("secret-secret")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def address(name: str, *args: object, model: str = "rankingpolicy") -> str:
    return reverse(f"admin:ranking_{model}_{name}", args=args)


def run_queued() -> None:
    """What a worker does with the task."""
    for replay in Replay.objects.filter(status="queued"):
        replays.run_replay(replay_id=replay.pk)


def checked(page: Page, name: str, screen: Screen) -> None:
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}-{screen.name}.png"), full_page=True)
    assert overflow(page) == 0, name
    assert_axe_clean(page)


def test_draft_replay_publish_and_the_next_job_uses_it(
    live_server, world, open_page: OpenedPages, screen: Screen
) -> None:
    branch, near, cheap = world
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    page = open_page(screen)
    log_in(page, live_server.url)
    live = policies.active_policy(branch.pk)
    page.goto(live_server.url + address("change", live.pk))
    page.get_by_role("button", name="New draft from this revision").click()
    expect(page.get_by_text("Draft of revision 2", exact=True)).to_be_visible()
    page.get_by_label("Travel time", exact=True).fill("2")
    page.get_by_label("Price", exact=True).fill("90")
    page.get_by_label("Rule 1: kind").select_option("newcomers")
    page.get_by_label("Rule 1: number").fill("6")
    page.get_by_label("What changes, and why").fill("Cost first")
    checked(page, "ranking-draft", screen)
    page.get_by_role("button", name="Save and replay").click()
    expect(page.get_by_text("Not replayed yet")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    run_queued()
    expect(page.get_by_text(f"{JOBS} of {JOBS} first calls change hands")).to_be_visible()
    checked(page, "ranking-replay", screen)
    page.get_by_role("link", name=f"The {JOBS} decisions that change, one by one").click()
    page.locator("#content-main tbody a").first.click()
    expect(page.get_by_role("rowheader", name="Cheap")).to_be_visible()
    checked(page, "ranking-side-by-side", screen)
    draft = RankingPolicy.objects.get(branch=branch, revision=2)
    page.goto(live_server.url + address("replay", draft.pk))
    page.get_by_role("link", name="Go on to publishing").click()
    checked(page, "ranking-publish", screen)
    page.get_by_role("button", name="Publish revision 2").click()
    expect(page.get_by_text("Revision 2 is live")).to_be_visible()
    decision = made(
        branch, [candidate(near, price=Decimal(210)), candidate(cheap, price=Decimal(120))]
    )
    assert (decision.policy_id, decision.contractor_ids[0]) == (draft.pk, cheap.pk)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Revision 2, for every job")).to_be_visible()
    checked(page, "ranking-published", screen)
    page.get_by_role("button", name="Make live again revision 1").click()
    expect(page.get_by_text("Revision 3 is live, with the weights and rules")).to_be_visible()
    assert policies.active_policy(branch.pk).weights == live.weights


def test_a_dispute_is_decided(live_server, world, open_page: OpenedPages, screen: Screen) -> None:
    _, near, _ = world
    opened = open_dispute(
        outcome_id=near.outcomes.get(kind="no_show").pk,
        contractor_id=near.pk,
        text="I was there; nobody opened.",
        user_id=None,
    )
    refresh_scorecards(at=app_now())
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    page = open_page(screen)
    log_in(page, live_server.url)
    page.goto(live_server.url + address("change", near.scorecard.pk, model="scorecard"))
    expect(page.get_by_text("no: disputed, not decided yet").first).to_be_visible()
    checked(page, "ranking-scorecard", screen)
    page.goto(live_server.url + address("change", opened.pk, model="dispute"))
    checked(page, "ranking-dispute", screen)
    page.get_by_label("Why (the contractor reads it)").fill("The photos show it.")
    page.get_by_role("button", name="Uphold").click()
    expect(page.get_by_text("Upheld: it no longer counts")).to_be_visible()
    refresh_scorecards(at=app_now())
    near.scorecard.refresh_from_db()
    assert near.scorecard.no_show_count == 0


def every_page(branch: Branch, near) -> list[str]:
    """One of each page that ranking has in the admin, beside those of the journeys above."""
    live = policies.active_policy(branch.pk)
    draft = policies.create_draft(
        branch_id=branch.pk, weights={"price": 90}, note="Cost first", user_id=None
    )
    replaced = policies.create_draft(
        branch_id=branch.pk, weights={"travel_time": 50}, note="Drives", user_id=None
    )
    now = app_now()
    seen = replays.request_replay(
        policy_id=replaced.pk, start=now - timedelta(days=30), end=now, user_id=None
    )
    replays.run_replay(replay_id=seen.pk)
    policies.publish(policy_id=replaced.pk, user_id=None, replay_id=seen.pk)
    decision = Decision.objects.filter(branch=branch).first()
    assert decision is not None
    override = record_override(
        decision=decision,
        chosen_id=decision.contractor_ids[1],
        waiting=decision.contractor_ids,
        how="assigned",
        why=Why("price", "Cheaper by far"),
        user_id=None,
        at=now,
    )
    assert override is not None
    models = {
        "rankingpolicy": live.pk,
        "decision": decision.pk,
        "outcome": near.outcomes.earliest("pk").pk,
        "override": override.pk,
        "scorecard": near.scorecard.pk,
        "branchmeans": branch.ranking_means.pk,
    }
    pages = [address("changelist", model=model) for model in [*models, "dispute"]]
    pages += [address("change", pk, model=model) for model, pk in models.items()]
    pages += [
        address("add"),
        address("change", replaced.pk),
        address("delete", draft.pk),
        address("publish", draft.pk),
        address("replay", draft.pk),
        address("replay_jobs", replaced.pk, seen.pk),
        address("replay_jobs", replaced.pk, seen.pk) + "?show=all",
    ]
    return pages


def test_every_page_of_ranking_in_the_admin_is_accessible(
    live_server, world, open_page: OpenedPages, screen: Screen
) -> None:
    branch, near, _ = world
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    page = open_page(screen)
    log_in(page, live_server.url)
    found = []
    for place in every_page(branch, near):
        answer = page.goto(live_server.url + place)
        assert answer is not None
        assert answer.status == 200, place
        if folder := os.environ.get("FIRSTCALL_SHOTS"):
            name = place.strip("/").replace("/", "-")
            page.screenshot(path=str(Path(folder) / f"{name}-{screen.name}.png"), full_page=True)
        found += [
            f"{place} {violation['id']}: {node['html'][:160]}"
            for violation in axe_violations(page)
            for node in violation["nodes"]
        ]
    assert not found, "\n".join(found)
