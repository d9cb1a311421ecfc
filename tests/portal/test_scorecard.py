"""The scorecard: figures with their observations, every point a link, objecting, both see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from jobs.models import Job
from network.models import ContractorUser, Technician
from ranking.models import Dispute, Outcome
from ranking.services.disputes import decide_dispute
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.jobs.world import START, add_technician, make_contractor, make_user
from tests.portal.conftest import SECRETS, signed_in
from tests.ranking.conftest import outcome

DAY = timedelta(days=1)


def page(client, name, *args, status=200):
    answer = client.get(reverse(f"portal:{name}", args=args))
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<title>.*?</title>", "", html)).split())


@pytest.fixture
def job(make_job) -> Job:
    return make_job()


@pytest.fixture
def record(harold, job):
    """Thirteen arrivals, one of them late; a rating; two offers answered, one undelivered."""
    rows = [
        outcome(harold, "on_time", at=START - n * DAY, job_ref=job.public_id) for n in range(1, 13)
    ]
    rows.append(outcome(harold, "late", at=START - 13 * DAY, job_ref=job.public_id))
    rows.append(outcome(harold, "rating", value=4, at=START - DAY, job_ref=job.public_id))
    rows.append(outcome(harold, "accepted", value=4, at=START - 2 * DAY, job_ref=job.public_id))
    rows.append(outcome(harold, "declined", value=8, at=START - DAY, job_ref=job.public_id))
    rows.append(
        outcome(harold, "expired", value=60, at=START - DAY, due_to="system", job_ref=job.public_id)
    )
    record_outcomes(rows)
    refresh_scorecards(at=START)
    return Outcome.objects.filter(contractor=harold)


def test_every_figure_says_from_how_many_and_what_is_usual(harold_client, record) -> None:
    text = words(page(harold_client, "scorecard"))
    assert "On time 92 %" in text
    assert "From 13 entries · usual in the branch 91 %" in text
    assert "From 1 entry only: too few to tell, pulled towards the branch’s usual" in text
    assert "No entries yet: counted as usual in the branch" in text
    assert "1 accepted 1 declined 0 no answer 1 not counted" in text


def test_every_point_leads_to_the_outcome_it_came_from(harold_client, record) -> None:
    html = page(harold_client, "figure", "on-time")
    chart = html[html.index('<svg class="plot') : html.index("</svg>", html.index("plot mt3"))]
    links = [int(pk) for pk in re.findall(r'href="/portal/scorecard/entries/(\d+)/"', chart)]
    arrivals = (
        record.filter(kind__in=["on_time", "late"]).order_by("at").values_list("pk", flat=True)
    )
    assert links == list(arrivals)[-11:]
    for pk in arrivals:
        assert f'/portal/scorecard/entries/{pk}/"' in html
        assert harold_client.get(reverse("portal:outcome", args=[pk])).status_code == 200


def test_every_outcome_says_to_whom_it_is_due_and_whether_it_counts(harold_client, record) -> None:
    text = words(page(harold_client, "figure", "acceptance"))
    assert "due to nobody: our own system · does not count: due to the system" in text
    assert "due to you · counts" in text
    silent = record.get(kind="expired")
    text = words(page(harold_client, "outcome", silent.pk))
    assert "For you Does not count: due to the system" in text
    assert "Dispute it" not in text


def test_nothing_of_the_customer_stands_on_it(harold_client, record) -> None:
    late = record.get(kind="late")
    for name, args in (
        ("scorecard", ()),
        ("figure", ("on-time",)),
        ("outcome", (late.pk,)),
        ("missed", ()),
    ):
        html = page(harold_client, name, *args)
        assert not [secret for secret in SECRETS if secret in html]


def test_disputing_makes_it_neutral_until_it_is_decided_and_both_see_the_history(
    harold_client, harold_user, dispatcher, harold, record
) -> None:
    late = record.get(kind="late")
    assert "Dispute" in page(harold_client, "scorecard")
    said = {"text": "The customer asked me to come at ten."}
    answer = harold_client.post(reverse("portal:dispute", args=[late.pk]), said, follow=True)
    assert "Until your branch has decided, it does not count." in words(answer.content.decode())
    opened = Dispute.objects.get(outcome=late)
    assert (opened.text, opened.opened_by) == (said["text"], harold_user)
    refresh_scorecards(at=START)
    harold.scorecard.refresh_from_db()
    assert (harold.scorecard.on_time_count, harold.scorecard.late_count) == (12, 0)
    text = words(page(harold_client, "outcome", late.pk))
    assert "does not count: disputed, not decided yet" in text.lower()
    assert "Your branch decides" in text
    decide_dispute(
        dispute_id=opened.pk,
        uphold=False,
        note="The window ended at nine.",
        user_id=dispatcher.pk,
    )
    refresh_scorecards(at=START)
    harold.scorecard.refresh_from_db()
    assert harold.scorecard.late_count == 1
    text = words(page(harold_client, "outcome", late.pk))
    assert "Rejected: it counts as before Greater Boston: The window ended at nine." in text
    assert said["text"] in text


def test_an_empty_reason_is_said_and_what_was_typed_is_kept(harold_client, record) -> None:
    late = record.get(kind="late")
    address = reverse("portal:dispute", args=[late.pk])
    assert "Say in a few words what happened." in harold_client.post(address).content.decode()
    long = "x" * 1001
    answer = harold_client.post(address, {"text": long}).content.decode()
    assert "At most 1000 characters" in answer
    assert long in answer
    assert not Dispute.objects.exists()


def test_what_is_too_old_is_refused_in_words(harold_client, clock, record) -> None:
    late = record.get(kind="late")
    clock.set(START + 20 * DAY)
    assert "this one is older" in page(harold_client, "outcome", late.pk)
    answer = harold_client.post(reverse("portal:dispute", args=[late.pk]), {"text": "No"})
    assert "can be disputed for 30 days" in answer.content.decode()


def test_another_firms_entries_are_not_there(lisa_client, record) -> None:
    late = record.get(kind="late")
    page(lisa_client, "outcome", late.pk, status=404)
    answer = lisa_client.post(reverse("portal:dispute", args=[late.pk]), {"text": "Mine"})
    assert answer.status_code == 404
    page(lisa_client, "figure", "charm", status=404)


def test_a_technicians_login_sees_the_firms_figures_but_only_own_entries(harold, record) -> None:
    helper = add_technician(harold, "Hana")
    user = make_user("hana@example.com")
    ContractorUser.objects.create(user=user, contractor=harold, technician=helper)
    own = record.filter(kind="late")
    own.update(technician=helper)
    client = signed_in(user)
    assert "On time" in page(client, "scorecard")
    html = page(client, "figure", "on-time")
    assert set(re.findall(r"/entries/(\d+)/", html)) == {str(own.get().pk)}
    other = record.filter(kind="on_time").first()
    assert other is not None
    page(client, "outcome", other.pk, status=404)
    assert Technician.objects.filter(contractor=harold).count() == 2


def test_a_newcomer_has_a_page_too(branch, service_type) -> None:
    user = make_user("nina@example.com")
    ContractorUser.objects.create(user=user, contractor=make_contractor(branch, "Nina"))
    text = words(page(signed_in(user), "scorecard"))
    assert "You were ranked too rarely" in text
    assert text.count("No entries yet: counted as usual in the branch") == 6


def test_the_page_takes_a_fixed_number_of_queries(
    harold_client, record, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(22):
        page(harold_client, "scorecard")
