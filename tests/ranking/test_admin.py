"""The admin: a branch's admin drafts and publishes; nobody changes what was published."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network.models import Branch, BranchStaff, User
from ranking.admin.forms import field_name
from ranking.criteria import REGISTRY, default_weights
from ranking.models import Decision, Outcome, PolicyStatus, RankingPolicy, Scorecard
from ranking.services import policies
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.ranking.conftest import NOW, MakeBranch, MakeContractor, candidate, outcome
from tests.ranking.test_decisions import made


def url(name: str, *args: object, model: str = "rankingpolicy") -> str:
    return reverse(f"admin:ranking_{model}_{name}", args=args)


def logged_in(email: str, branch: Branch | None, role: str = "admin") -> Client:
    user = User.objects.create_user(email, "secret", name="Maya", is_staff=True)
    if branch:
        BranchStaff.objects.create(user=user, branch=branch, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def maya(branch: Branch) -> Client:
    """The admin of the branch."""
    return logged_in("maya@example.com", branch)


@pytest.fixture
def live(branch: Branch) -> RankingPolicy:
    return policies.ensure_policy(branch_id=branch.id)


@pytest.fixture
def draft(live: RankingPolicy) -> RankingPolicy:
    return policies.draft_from(policy_id=live.id, user_id=None)


def weights(**changes: object) -> dict[str, object]:
    values = {**default_weights(), **changes}
    return {field_name(key): value for key, value in values.items()}


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    html = " ".join(answer.content.decode().split())
    assert not re.search(r"<form(?:(?!</form>).)*<form", html), "browsers drop a form in a form"
    return html


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_a_draft_shows_every_criterion_with_its_meaning_and_share(
    maya: Client, draft: RankingPolicy
) -> None:
    html = page(maya, url("change", draft.id))
    for key, criterion in REGISTRY.items():
        assert f'name="{field_name(key)}"' in html
        assert criterion.description().split("'")[0][:60] in html
    assert html.count("data-slider") == len(REGISTRY)
    assert "21.0 %" in html
    assert "Draft of revision 2" in html
    assert "style=" not in html.split('id="rankingpolicy_form"')[1], "the CSP forbids inline style"


def test_saving_a_draft_and_looking_at_what_it_changes(
    maya: Client, live: RankingPolicy, draft: RankingPolicy
) -> None:
    answer = maya.post(
        url("change", draft.id), {**weights(travel_time=40), "note": "Shorter drives", "_save": "1"}
    )
    assert answer.status_code == 302, text(answer.content.decode())
    draft.refresh_from_db()
    assert (draft.weights["travel_time"], draft.note) == (40, "Shorter drives")
    assert draft.status == PolicyStatus.DRAFT
    said = text(page(maya, url("change", draft.id)))
    assert "was 21" in said
    assert "Travel time 21 → 40 (against 1)" in said
    assert policies.active_policy(draft.branch_id) == live


def test_publishing_asks_first_and_keeps_who_and_why(
    maya: Client, live: RankingPolicy, draft: RankingPolicy
) -> None:
    answer = maya.post(url("change", draft.id), {**weights(price=60), "note": "", "_publish": "1"})
    assert answer.headers["Location"] == url("publish", draft.id)
    html = page(maya, url("publish", draft.id))
    assert "10 60" in text(html)
    seen = re.search(r'name="seen" value="(\w+)"', html)
    assert seen
    refused = maya.post(url("publish", draft.id), {"seen": seen[1], "note": " "})
    assert refused.status_code == 200
    assert "what changes and why" in text(refused.content.decode())
    draft.refresh_from_db()
    assert draft.is_draft
    published = maya.post(url("publish", draft.id), {"seen": seen[1], "note": "Cost matters"})
    assert published.status_code == 302
    draft.refresh_from_db()
    live.refresh_from_db()
    assert (draft.status, live.status) == (PolicyStatus.PUBLISHED, PolicyStatus.SUPERSEDED)
    assert draft.note == "Cost matters"
    assert draft.published_by is not None
    assert draft.published_by.name == "Maya"
    history = text(page(maya, url("change", draft.id)))
    assert "Maya" in history
    assert "Cost matters" in history


def test_a_get_publishes_nothing(maya: Client, draft: RankingPolicy) -> None:
    maya.get(url("publish", draft.id))
    assert maya.get(url("draft", draft.id)).status_code == 405
    draft.refresh_from_db()
    assert draft.is_draft
    assert RankingPolicy.objects.count() == 2


def test_what_changed_since_it_was_looked_at_is_not_published(
    maya: Client, draft: RankingPolicy
) -> None:
    seen = re.search(r'name="seen" value="(\w+)"', page(maya, url("publish", draft.id)))
    assert seen
    policies.update_draft(policy_id=draft.id, weights={"price": 1}, note="")
    answer = maya.post(url("publish", draft.id), {"seen": seen[1], "note": "Why"}, follow=True)
    assert "changed since you opened this page" in text(answer.content.decode())
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_published_revision_only_shows(maya: Client, live: RankingPolicy) -> None:
    html = page(maya, url("change", live.id))
    assert "data-slider" not in html
    assert 'type="number"' not in html
    assert "Published revisions never change" in html
    answer = maya.post(url("change", live.id), {**weights(price=99), "note": "x", "_save": "1"})
    assert answer.status_code == 403
    assert maya.get(url("delete", live.id)).status_code == 403
    assert maya.get(url("publish", live.id)).status_code == 302


def test_a_new_draft_from_any_revision(maya: Client, live: RankingPolicy) -> None:
    other = policies.create_draft(
        branch_id=live.branch_id, weights={"price": 5}, note="Cheap", user_id=None
    )
    policies.publish(policy_id=other.id, user_id=None)
    answer = maya.post(url("draft", live.id))
    newest = RankingPolicy.objects.order_by("-revision")[0]
    assert answer.headers["Location"] == url("change", newest.id)
    assert (newest.weights, newest.copy_of, newest.is_draft) == (live.weights, live, True)
    assert newest.created_by is not None


def test_adding_starts_from_the_live_weights(maya: Client, live: RankingPolicy) -> None:
    changed = policies.create_draft(
        branch_id=live.branch_id, weights={"price": 77}, note="Cheap", user_id=None
    )
    policies.publish(policy_id=changed.id, user_id=None)
    html = page(maya, url("add"))
    assert re.search(r'name="weight_price" value="77"', html)
    answer = maya.post(
        url("add"), {**weights(price=50), "branch": live.branch_id, "note": "Try", "_save": "1"}
    )
    assert answer.status_code == 302, text(answer.content.decode())
    added = RankingPolicy.objects.order_by("-revision")[0]
    assert (added.weights["price"], added.copy_of, added.revision) == (50, changed, 3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price": 101}, "less than or equal to 100"),
        ({"price": -1}, "greater than or equal to 0"),
        ({"price": "many"}, "Enter a number"),
        ({"price": "nan"}, "Enter a number"),
        (dict.fromkeys(REGISTRY, 0), "nothing would decide the order"),
    ],
)
def test_bad_weights_come_back_with_what_is_wrong(
    maya: Client, draft: RankingPolicy, changes: dict[str, object], said: str
) -> None:
    answer = maya.post(
        url("change", draft.id), {**weights(**changes), "note": "typed text", "_save": "1"}
    )
    assert answer.status_code == 200
    html = answer.content.decode()
    assert said in text(html)
    assert "typed text" in html, "what was typed is kept"
    draft.refresh_from_db()
    assert draft.weights == default_weights()


def test_a_draft_can_be_discarded(maya: Client, draft: RankingPolicy) -> None:
    assert maya.post(url("delete", draft.id), {"post": "yes"}).status_code == 302
    assert not RankingPolicy.objects.filter(id=draft.id).exists()


def test_another_branches_admin_sees_nothing_of_it(
    branch: Branch, draft: RankingPolicy, live: RankingPolicy, make_branch: MakeBranch
) -> None:
    stranger = logged_in("nina@example.com", make_branch("chelsea"))
    assert "Revision 2" not in page(stranger, url("changelist"))
    for address in (url("change", draft.id), url("delete", draft.id)):
        assert stranger.get(address).status_code in {302, 403, 404}
    assert stranger.get(url("publish", draft.id)).status_code == 404
    assert stranger.post(url("draft", live.id)).status_code == 404
    posted = {**weights(), "branch": branch.id, "note": "", "_save": "1"}
    assert "valid choice" in text(stranger.post(url("add"), posted).content.decode())
    assert RankingPolicy.objects.for_branch(branch.id).count() == 2


def test_a_dispatcher_has_no_ranking_in_the_admin(branch: Branch, draft: RankingPolicy) -> None:
    dispatcher = logged_in("dan@example.com", branch, role="dispatcher")
    assert dispatcher.get(url("changelist")).status_code == 403
    assert dispatcher.get(url("change", draft.id)).status_code in {302, 403, 404}
    assert dispatcher.get(url("publish", draft.id)).status_code in {403, 404}


def test_the_list_takes_a_fixed_number_of_queries(maya: Client, draft: RankingPolicy) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(maya, url("changelist"))
        return len(captured)

    few = queries()
    for _ in range(10):
        policies.draft_from(policy_id=draft.id, user_id=None)
    assert queries() == few
    assert few < 20


def test_records_can_be_read_but_not_written(
    maya: Client, branch: Branch, make_contractor: MakeContractor
) -> None:
    harold, lisa = make_contractor("Harold"), make_contractor("Lisa")
    record_outcomes([outcome(harold, "accepted", value=3), outcome(harold, "rating", value=5)])
    refresh_scorecards(at=NOW)
    decision = made(branch, [candidate(harold, travel_minutes=4), candidate(lisa)])
    said = text(page(maya, url("change", decision.id, model="decision")))
    assert "1. Harold" in said
    assert "4 min away (2.5 mi), closest of 2" in said
    assert "fully booked: 7" in said
    rows = {"decision": Decision, "outcome": Outcome, "scorecard": Scorecard}
    for model, kind in rows.items():
        page(maya, url("changelist", model=model))
        row = kind._default_manager.first()
        assert row is not None
        page(maya, url("change", row.pk, model=model))
        assert maya.get(url("add", model=model)).status_code == 403
        assert maya.post(url("change", row.pk, model=model), {}).status_code == 403
        assert maya.post(url("delete", row.pk, model=model), {"post": "yes"}).status_code == 403
    page(maya, url("changelist", model="branchmeans"))


def test_a_decision_is_found_by_its_job_and_nonsense_finds_nothing(
    maya: Client, branch: Branch
) -> None:
    decision = made(branch, [])
    address = url("changelist", model="decision")
    assert "1 ranking" in page(maya, f"{address}?q={decision.job_ref}") or str(
        decision.job_ref
    ) in page(maya, f"{address}?q={decision.job_ref}")
    assert str(decision.job_ref) not in text(page(maya, f"{address}?q=nonsense"))
    assert "Nobody could do this job" in page(maya, url("change", decision.id, model="decision"))
