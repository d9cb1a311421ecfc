"""Draft, rules, replay, publish, and back: as a branch's admin walks through it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from network.models import Branch, Contractor, ServiceType
from network.models import Client as Payer
from ranking.models import Dispute, DisputeStatus, Outcome, PolicyStatus, RankingPolicy, Replay
from ranking.services import policies, replays
from ranking.services.disputes import open_dispute
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.ranking.conftest import NOW, MakeBranch, MakeContractor, candidate, outcome
from tests.ranking.test_admin import logged_in, page, text, url, weights
from tests.ranking.test_decisions import made


@pytest.fixture
def maya(branch: Branch, clock) -> Client:
    clock.set(NOW)
    return logged_in("maya@example.com", branch)


@pytest.fixture
def two(make_contractor: MakeContractor) -> tuple[Contractor, Contractor]:
    return make_contractor("Near & Sons"), make_contractor("Cheap")


@pytest.fixture
def month(branch: Branch, two, clock) -> None:
    clock.set(NOW)
    policies.ensure_policy(branch_id=branch.id)
    near, cheap = two
    for n in range(12):
        made(
            branch,
            [
                candidate(near, travel_minutes=5, travel_km=2, price=Decimal(200)),
                candidate(cheap, travel_minutes=30 + n, travel_km=9, price=Decimal(130)),
            ],
            at=NOW - timedelta(days=n, hours=1),
        )


@pytest.fixture
def draft(branch: Branch, month) -> RankingPolicy:
    return policies.create_draft(
        branch_id=branch.id, weights={"price": 100}, note="Cheaper.", user_id=None
    )


def test_draft_replay_publish_and_the_next_job_uses_it(
    maya: Client, branch: Branch, draft: RankingPolicy, two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "REPLAY_FROM", 12)
    before = page(maya, url("publish", draft.id))
    assert "Enough jobs were ranked" in before
    assert 'name="seen"' not in before
    here = url("replay", draft.id)
    assert "Not replayed yet" in page(maya, here)
    assert maya.post(here, {"days": 30, "trade": ""}).headers["Location"] == here
    replay = Replay.objects.get()
    assert "Waiting for a worker" in page(maya, here)
    assert "data-open" in page(maya, here)
    assert replays.run_replay(replay_id=replay.id)
    html = page(maya, here)
    said = text(html)
    assert "12 of 12 first calls change hands" in said
    assert "Matches revision 2 as it is now" in said
    assert "$200 → $130" in said
    assert "Near &amp; Sons" in said
    assert said.count("One step: who is asked first") == 4
    assert said.count("Estimated from each contractor's own record") == 2
    assert "style=" not in html.split('id="content-main"')[1], "the CSP forbids inline style"
    html = page(maya, url("publish", draft.id))
    seen = re.search(r'name="seen" value="(\w+)"', html)
    looked = re.search(r'name="replay" value="(\d+)"', html)
    assert seen
    assert looked
    answer = maya.post(
        url("publish", draft.id), {"seen": seen[1], "replay": looked[1], "note": "Cheaper."}
    )
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.replay_seen) == (PolicyStatus.PUBLISHED, replay)
    near, cheap = two
    decision = made(
        branch, [candidate(near, price=Decimal(200)), candidate(cheap, price=Decimal(130))]
    )
    assert (decision.policy, decision.contractor_ids[0]) == (draft, cheap.id)


def test_a_publish_without_the_replay_goes_back_to_it(
    maya: Client, draft: RankingPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = re.search(r'name="seen" value="(\w+)"', page(maya, url("publish", draft.id)))
    assert seen
    monkeypatch.setattr(policies, "REPLAY_FROM", 12)
    answer = maya.post(url("publish", draft.id), {"seen": seen[1], "note": "Why"})
    assert answer.headers["Location"] == url("replay", draft.id)
    draft.refresh_from_db()
    assert draft.is_draft


def test_single_decisions_are_seen_side_by_side(maya: Client, draft: RankingPolicy) -> None:
    replay = replays.request_replay(
        policy_id=draft.id, start=NOW - timedelta(days=30), end=NOW, user_id=None
    )
    jobs = url("replay_jobs", draft.id, replay.id)
    assert maya.get(jobs).status_code == 404, "not done yet"
    replays.run_replay(replay_id=replay.id)
    html = page(maya, jobs)
    assert "12 decisions, newest first" in text(html)
    assert "Near & Sons Cheap" in unescape(text(html)), "the first call under both"
    one = re.search(r'href="([^"]+/jobs/\d+/)"', html)
    assert one
    said = text(page(maya, one[1]))
    assert "Cheap 2" in said
    assert "cheapest of 2" in said
    assert maya.get(url("replay_job", draft.id, replay.id, 10**9)).status_code == 404
    live = policies.active_policy(draft.branch_id)
    same = replays.request_replay(
        policy_id=live.id, start=NOW - timedelta(days=30), end=NOW, user_id=None
    )
    replays.run_replay(replay_id=same.id)
    jobs = url("replay_jobs", live.id, same.id)
    assert "No first call changes hands" in text(page(maya, jobs))
    html = page(maya, jobs + "?show=all")
    assert "12 decisions, newest first" in text(html), "also those that change nothing"
    assert len(re.findall(r"/jobs/\d+/", html)) == 12


def test_an_empty_period_is_said(maya: Client, branch: Branch) -> None:
    live = policies.ensure_policy(branch_id=branch.id)
    answer = maya.post(url("replay", live.id), {"days": 7, "trade": ""}, follow=True)
    assert "Choose a longer one" in text(answer.content.decode())
    answer = maya.post(url("replay", live.id), {"days": 8, "trade": "charm"})
    assert "Select a valid choice" in text(answer.content.decode())


def rule(number: int, **parts: object) -> dict[str, object]:
    return {f"rule_{number}_{part}": value for part, value in parts.items()}


def test_a_period_is_chosen_by_its_days_too(maya: Client, draft: RankingPolicy) -> None:
    here = url("replay", draft.id)
    maya.post(here, {"days": 30, "trade": "", "since": "2026-11-15", "until": "2026-11-17"})
    replay = Replay.objects.get()
    assert replay.total == 3
    assert replay.period_start.isoformat() == "2026-11-15T05:00:00+00:00"
    assert (replay.period_end - replay.period_start).days == 3
    for since, until, said in (
        ("2026-11-15", "", "Give both days, or neither."),
        ("2026-11-15", "2026-11-14", "It ends before it starts."),
        ("yesterday", "2026-11-14", "Enter a valid date."),
    ):
        answer = maya.post(here, {"days": 30, "trade": "", "since": since, "until": until})
        assert said in text(answer.content.decode())
    answer = maya.post(
        here, {"days": 30, "since": "2026-12-01", "until": "2026-12-02"}, follow=True
    )
    assert "must end after it starts" in text(answer.content.decode())
    assert Replay.objects.count() == 1


def test_all_contractors_are_listed_and_go_into_a_spreadsheet(
    maya: Client, draft: RankingPolicy, two, branch: Branch, make_contractor: MakeContractor
) -> None:
    near, _ = two
    same = make_contractor("=SUM(1)")
    made(branch, [candidate(same, price=Decimal(90))], at=NOW - timedelta(hours=3))
    replay = replays.request_replay(
        policy_id=draft.id, start=NOW - timedelta(days=30), end=NOW, user_id=None
    )
    assert maya.get(url("replay_csv", draft.id, replay.id)).status_code == 404, "not done yet"
    replays.run_replay(replay_id=replay.id)
    few = text(page(maya, url("replay", draft.id)))
    assert "All 3 contractors" in few
    assert "=SUM(1)" not in few
    assert "=SUM(1) 1 1 ±0" in text(page(maya, url("replay", draft.id) + "?all=1"))
    sheet = maya.get(url("replay_csv", draft.id, replay.id))
    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "contractor,revision 1,revision 2,change,± (95 %),mostly because of"
    assert lines[1] == "Cheap,0,12,12,5,Price"
    assert lines[2] == "'=SUM(1),1,1,0,0,"
    assert lines[3].startswith(f"{near.name},12,0,-12,5,")


def test_rules_are_typed_by_name_and_come_back_with_what_is_wrong(
    maya: Client, draft: RankingPolicy, two
) -> None:
    near, cheap = two
    posted = {
        **weights(),
        "note": "Rules",
        "_save": "1",
        **rule(0, kind="must", condition="travel_at_most", value="45"),
        **rule(1, kind="pinned", contractors="cheap; Near & Sons", asset="1 Main St"),
        **rule(2, kind="newcomers", value="6"),
        **rule(3, kind=""),
    }
    answer = maya.post(url("change", draft.id), posted)
    assert answer.status_code == 302, text(answer.content.decode())
    draft.refresh_from_db()
    assert draft.rules == [
        {"kind": "must", "condition": "travel_at_most", "value": 45},
        {"kind": "pinned", "contractors": [cheap.id, near.id], "asset": "1 Main St"},
        {"kind": "newcomers", "value": 6},
    ]
    html = page(maya, url("change", draft.id))
    assert 'value="Cheap; Near &amp; Sons"' in html
    wrong = {**posted, **rule(1, kind="pinned", contractors="Nobody")}
    html = maya.post(url("change", draft.id), wrong).content.decode()
    assert "there is no contractor called “Nobody”" in text(html)
    assert 'value="45"' in html, "what was typed is kept"
    wrong = {**posted, **rule(0, kind="must", condition="tier_at_most", value="9")}
    html = maya.post(url("change", draft.id), wrong).content.decode()
    assert "9 must lie between 1 and 3" in text(html)


def test_a_scoped_draft_and_which_policy_would_apply(
    maya: Client, branch: Branch, make_branch: MakeBranch
) -> None:
    leak = ServiceType.objects.create(
        branch=branch, slug="leak", name="Leak", trade="plumbing", usual_duration_minutes=60
    )
    acme = Payer.objects.create(branch=branch, slug="acme", name="Acme")
    foreign = Payer.objects.create(branch=make_branch("chelsea"), slug="x", name="Foreign")
    live = policies.ensure_policy(branch_id=branch.id)
    posted = {
        **weights(price=50),
        "branch": branch.id,
        "service_type": leak.id,
        "client": "",
        "note": "Leaks",
        "_save": "1",
    }
    assert maya.post(url("add"), posted).status_code == 302
    scoped = RankingPolicy.objects.get(service_type=leak)
    policies.publish(policy_id=scoped.id, user_id=None)
    address = url("change", live.id)
    said = text(page(maya, f"{address}?which=1&kind={leak.id}&payer={acme.id}"))
    assert "Applies Revision 2 , for Leak" in said
    assert "Less specific Revision 1 , for every job" in said
    assert "Applies Revision 1 , for every job" in text(page(maya, f"{address}?which=1"))
    refused = maya.post(url("add"), {**posted, "client": foreign.id})
    assert "valid choice" in text(refused.content.decode())


def test_one_click_brings_an_earlier_revision_back(
    maya: Client, draft: RankingPolicy, branch: Branch
) -> None:
    first = policies.active_policy(branch.id)
    policies.publish(policy_id=draft.id, user_id=None)
    assert "Make this live again" in page(maya, url("change", first.id))
    live = page(maya, url("change", draft.id))
    assert "Make this live again" not in live
    assert live.count("Make live again") == 1, "one button, at the earlier revision"
    assert url("return", first.id) in live
    assert maya.get(url("return", first.id)).status_code == 405
    answer = maya.post(url("return", first.id), follow=True)
    assert "Revision 3 is live" in text(answer.content.decode())
    back = policies.active_policy(branch.id)
    assert (back.revision, back.weights) == (3, first.weights)
    assert back.published_by is not None
    answer = maya.post(url("return", back.id), follow=True)
    assert "live already" in text(answer.content.decode())


def test_another_branches_admin_sees_no_replay(
    draft: RankingPolicy, make_branch: MakeBranch
) -> None:
    nina = logged_in("nina@example.com", make_branch("chelsea"))
    replay = replays.request_replay(
        policy_id=draft.id, start=NOW - timedelta(days=30), end=NOW, user_id=None
    )
    replays.run_replay(replay_id=replay.id)
    assert nina.get(url("replay", draft.id)).status_code == 404
    assert nina.post(url("replay", draft.id), {"days": 30}).status_code == 404
    assert nina.get(url("replay_jobs", draft.id, replay.id)).status_code == 404
    assert nina.get(url("replay_csv", draft.id, replay.id)).status_code == 404
    assert nina.post(url("return", draft.id)).status_code == 404


# -- disputes and the outcomes behind a card ---------------------------------------------------


def test_a_dispute_is_decided_and_the_card_shows_what_counts(
    maya: Client, make_contractor: MakeContractor
) -> None:
    james = make_contractor("James")
    record_outcomes([outcome(james, "no_show"), outcome(james, "fixed")])
    refresh_scorecards(at=NOW)
    no_show = Outcome.objects.get(kind="no_show")
    opened = open_dispute(
        outcome_id=no_show.id, contractor_id=james.id, text="Nobody opened.", user_id=None
    )
    refresh_scorecards(at=NOW)
    card = text(page(maya, url("change", james.scorecard.id, model="scorecard")))
    assert "no: disputed, not decided yet" in card
    html = page(maya, url("change", opened.id, model="dispute"))
    assert "Nobody opened." in html
    decide = url("decide", opened.id, model="dispute")
    assert maya.get(decide).status_code == 405
    answer = maya.post(decide, {"due_to": "customer", "note": "", "uphold": "1"}, follow=True)
    assert "Say why" in text(answer.content.decode())
    answer = maya.post(
        decide, {"due_to": "customer", "note": "He has photos.", "uphold": "1"}, follow=True
    )
    said = text(answer.content.decode())
    assert "Upheld: it no longer counts" in said
    assert "He has photos." in said
    opened.refresh_from_db()
    assert opened.status == DisputeStatus.UPHELD
    no_show.refresh_from_db()
    assert no_show.due_to == "customer"


def test_another_branches_admin_decides_no_dispute(
    make_contractor: MakeContractor, make_branch: MakeBranch, clock
) -> None:
    clock.set(NOW)
    james = make_contractor("James")
    record_outcomes([outcome(james, "no_show")])
    opened = open_dispute(
        outcome_id=Outcome.objects.get().id, contractor_id=james.id, text="No.", user_id=None
    )
    nina = logged_in("nina@example.com", make_branch("chelsea"))
    nina.post(
        url("decide", opened.id, model="dispute"), {"due_to": "system", "note": "x", "uphold": "1"}
    )
    assert Dispute.objects.get().status == DisputeStatus.OPEN
