"""Reports: every figure against jobs that were driven there, its list, its CSV, its days."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from jobs.actors import Actor
from jobs.console.reports.figures import Figure, load, share
from jobs.console.reports.firms import gini, load_churn, load_work
from jobs.console.reports.listing import load_rows
from jobs.console.reports.measures import BY_KEY, MEASURES
from jobs.console.reports.period import Period, ReportForm
from jobs.services.dispatch import resolve_escalation
from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive, complete_visit, release_visit
from network.models import Contractor
from network.services.contractors import set_status
from tests.console.conftest import text_of, url
from tests.jobs.steps import SYSTEM, accept, booked, decline, offered
from tests.jobs.world import START, make_contractor, make_service_type, run_due

NEW_YORK = "America/New_York"
#: The week that holds START, a Monday, and the day after.
WEEK = Period(date(2026, 11, 2), date(2026, 11, 8), NEW_YORK)


def figure(key, branch, period=WEEK, trade=None) -> Figure:
    return load(BY_KEY[key], branch=branch, period=period, trade=trade).now


def rows(key, branch, **more):
    return load_rows(BY_KEY[key], branch=branch, period=WEEK, trade=None, **more)


@pytest.fixture
def week(branch, clock, trio, make_job):
    """Four jobs: done at once; declined, then done late; cancelled; given back and missed."""
    first = make_job(reference="J-1")
    offer = offered(first)
    clock.advance(minutes=6)
    one = accept(offer)
    second = make_job(reference="J-2")
    decline(offered(second))
    run_due()
    clock.advance(minutes=4)
    two = accept(offered(second))
    third = make_job(reference="J-3")
    cancel_job(job_id=third.pk, by="customer", reason="price", actor=SYSTEM)
    fourth = make_job(reference="J-4")
    four = booked(fourth)
    clock.advance(hours=1)
    release_visit(booking_id=four.pk, reason="vehicle", actor=Actor.contractor(four.contractor))
    clock.set(first.window_start + timedelta(minutes=30))
    arrive(booking_id=one.pk, actor=SYSTEM)
    clock.advance(minutes=60)
    complete_visit(booking_id=one.pk, result="fixed", actor=SYSTEM)
    clock.set(second.window_end + timedelta(minutes=20))
    arrive(booking_id=two.pk, actor=SYSTEM)
    complete_visit(booking_id=two.pk, result="needs_another_visit", actor=SYSTEM)
    return [first, second, third, fourth]


def test_each_figure_says_what_happened(branch, week):
    yes = figure("time-to-accept", branch)
    assert (yes.n, yes.value) == (3, pytest.approx(4.0))  # 6, 4 and 0 minutes
    offers = figure("offers-per-job", branch)
    assert offers.n == 3  # the cancelled one was never searched for
    assert figure("first-offer-accepted", branch) == share(2, 3)
    assert figure("first-time-fix", branch) == share(1, 2)
    assert figure("on-time", branch) == share(1, 2)
    assert figure("appointments-kept", branch) == share(1, 3)
    assert figure("cancelled", branch) == share(1, 3)
    assert figure("given-back", branch) == share(1, 3)
    cost = figure("cost", branch)
    assert cost.n == 2
    assert 0 < cost.value < 100
    assert figure("touches", branch).value == 0


def test_the_list_behind_a_figure_has_exactly_what_was_counted(branch, week):
    for measure in MEASURES:
        counted = figure(measure.key, branch)
        listed = load_rows(measure, branch=branch, period=WEEK, trade=None)
        assert len(listed) == counted.n, measure.key
        assert sum(row.good is True for row in listed) == counted.good, measure.key
    assert [row.reference for row in rows("on-time", branch, only=False)] == ["J-2"]
    assert [row.reference for row in rows("given-back", branch, only=True)] == ["J-4"]


def test_every_number_on_the_page_leads_to_its_list(nora, branch, week):
    page = nora.get(url("branch_reports") + "?first=2026-11-02&last=2026-11-08")
    words = text_of(page)
    assert "Fixed at the first visit 50.0 %" in words
    assert "from 2 visits: too few to tell · 1 fixed" in words
    for card in page.context["cards"]:
        listed = nora.get(card.url)
        assert listed.status_code == 200
        assert card.value in text_of(listed)
        if card.good_url:
            assert nora.get(card.good_url).status_code == 200


def test_the_page_behind_a_figure_shows_causes_and_the_job(nora, week):
    page = text_of(
        nora.get(url("report", measure="cancelled") + "?first=2026-11-02&last=2026-11-08")
    )
    assert "The customer: the price 1" in page
    given = text_of(nora.get(url("report", measure="given-back") + "?first=2026-11-02"))
    assert "Vehicle trouble" in given
    assert "J-4" in given


def test_csv_has_every_row_of_the_list_and_neutral_cells(nora, branch, week):
    Contractor.objects.filter(name="Lisa").update(name="=1+1")
    answer = nora.get(url("report_csv", measure="on-time") + "?first=2026-11-02&last=2026-11-08")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sorted(line["reference"] for line in lines) == ["J-1", "J-2"]
    late = next(line for line in lines if line["reference"] == "J-2")
    assert (late["counts"], late["value"], late["unit"]) == ("no", "20.00", "min")
    assert late["contractor"] == "'=1+1"
    figures = nora.get(url("reports_csv") + "?first=2026-11-02&last=2026-11-08")
    table = list(csv.DictReader(io.StringIO(figures.content.decode("utf-8-sig"))))
    assert set(BY_KEY) < {line["measure"] for line in table}


def test_a_trade_and_another_branch_are_left_out(branch, week, other_dispatcher, client):
    assert figure("on-time", branch, trade="plumbing").n == 2
    assert figure("on-time", branch, trade="hvac").n == 0
    client.force_login(other_dispatcher)
    assert client.get(url("branch_reports")).status_code == 404


def test_what_happened_before_is_compared_with(branch, week):
    later = Period(date(2026, 11, 9), date(2026, 11, 15), NEW_YORK)
    result = load(BY_KEY["on-time"], branch=branch, period=later, trade=None)
    assert (result.now.n, result.before.n) == (0, 2)
    assert not result.matters


def test_what_staff_do_to_a_job_counts_as_touches(branch, dispatcher, clock, harold, make_job):
    job = make_job(reference="J-9")
    decline(offered(job))
    run_due()
    question = job.escalations.get()
    resolve_escalation(
        escalation_id=question.pk, resolution="called around", actor=Actor.staff(dispatcher)
    )
    clock.advance(minutes=1)
    cancel_job(
        job_id=job.pk, by="dispatcher", reason="no_contractor", actor=Actor.staff(dispatcher)
    )
    touched = figure("touches", branch)
    assert (touched.n, touched.value) == (1, 2.0)


def test_the_work_is_shared_out_among_firms_that_were_ready(branch, week):
    work = load_work(branch=branch, period=WEEK, trade=None)
    assert {firm.name: firm.now for firm in work.firms} == {"Harold": 1, "Lisa": 1, "James": 0}
    assert work.without == 1
    assert work.now == share(1, 2)  # the busiest tenth of three firms is one of them
    assert load_work(branch=branch, period=WEEK, trade="hvac").firms == []


def test_who_left_counts_against_those_who_were_there(nora, branch, clock, trio):
    harold, lisa, _ = trio
    make_contractor(branch, "Newcomer", joined_on=date(2026, 11, 4))
    clock.set(START + timedelta(days=1))
    set_status(contractor_id=lisa.pk, status="left", note="moved away")
    churn = load_churn(branch=branch, period=WEEK, trade=None)
    assert churn.now == share(1, 3)
    assert [one.name for one in churn.left] == ["Lisa"]
    assert [one.name for one in churn.joined] == ["Newcomer"]
    assert load_churn(branch=branch, period=WEEK.before, trade=None).now.good == 0
    page = text_of(nora.get(url("report", measure="churn") + "?first=2026-11-02&last=2026-11-08"))
    assert "moved away" in page
    assert harold.name not in page


def test_the_number_of_queries_does_not_grow_with_the_jobs(nora, branch, week, make_job):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert nora.get(address).status_code == 200
        return len(captured)

    few = queries(url("branch_reports"))
    listed = queries(url("report", measure="offers-per-job"))
    later = week[0].window_start + timedelta(days=2)
    for number in range(10, 30):
        make_job(
            reference=f"J-{number}",
            service_type=make_service_type(branch, f"s-{number}"),
            window_start=later,
            window_end=later + timedelta(hours=4),
        )
    run_due()
    assert queries(url("branch_reports")) == few <= 22
    assert queries(url("report", measure="offers-per-job")) == listed <= 12


def test_days_are_those_of_the_branch(branch, clock, trio, make_job):
    """A job taken in at 23:30 in Boston belongs to that day, though it is the next one in UTC."""
    clock.set(START.replace(hour=4, minute=30) + timedelta(days=1))  # Monday 23:30 in Boston
    cancel_job(job_id=make_job().pk, by="customer", reason="other", actor=SYSTEM)
    monday = Period(date(2026, 11, 2), date(2026, 11, 2), NEW_YORK)
    assert figure("cancelled", branch, period=monday).n == 1
    assert figure("cancelled", branch, period=Period(monday.last, monday.last, "UTC")).n == 0


def test_the_day_on_which_clocks_change_is_whole():
    sunday = Period(date(2026, 11, 1), date(2026, 11, 1), NEW_YORK)
    assert sunday.end - sunday.start == timedelta(days=1)  # by the wall clock
    assert sunday.end.timestamp() - sunday.start.timestamp() == 25 * 3600


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("first=2026-11-09&last=2026-11-02", "The last day lies before the first."),
        ("last=2026-11-02", "Say from which day."),
        ("first=yesterday&last=2026-11-02", "Write it as 2026-11-24."),
        ("first=2020-01-01&last=2026-11-02", "A report covers a year at most."),
        ("period=century", "Select a valid choice."),
        ("trade=alchemy", "Select a valid choice."),
    ],
)
def test_days_that_cannot_be_are_said_and_the_usual_ones_shown(nora, trio, query, says):
    page = nora.get(url("branch_reports") + f"?{query}")
    assert says in text_of(page)
    assert page.context["period"].days == 30
    assert nora.get(url("report", measure="on-time") + f"?{query}").status_code == 200


def test_an_unknown_figure_or_contractor_is_not_there(nora, branch):
    assert nora.get(url("report", measure="luck")).status_code == 404
    assert nora.get(url("report_csv", measure="luck")).status_code == 404
    assert nora.get(url("report", measure="share-of-work") + "?contractor=x").status_code == 404


def test_an_empty_branch_has_a_report_without_figures(nora, branch):
    words = text_of(nora.get(url("branch_reports")))
    assert "no jobs in these days" in words
    assert "nothing to compare with" in words


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_within_its_margin_of_the_truth_in_words(good, more):
    figure = share(good, good + more)
    assert 0 <= figure.value <= 100
    assert 0 < figure.margin <= 100


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40))
def test_gini_is_zero_for_equals_and_below_one(counts):
    value = gini(counts)
    if value is None:
        assert sum(counts) == 0
        return
    assert -1e-9 <= value < 1
    if len(set(counts)) == 1:
        assert value == pytest.approx(0)


@given(st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(0, 365))
def test_columns_cover_the_days_once_and_in_order(first, length):
    period = Period(first, first + timedelta(days=length), NEW_YORK)
    parts = [period.part(bucket) for bucket in period.buckets()]
    assert (parts[0].first, parts[-1].last) == (period.first, period.last)
    for one, following in pairwise(parts):
        assert following.first == one.last + timedelta(days=1)
    assert period.before.last == period.first - timedelta(days=1)
    assert period.before.days == period.days


def test_this_and_last_month(branch):
    def chosen(key: str) -> Period:
        return ReportForm({"period": key}, branch=branch, trades=[], at=START).chosen

    assert chosen("month") == Period(date(2026, 11, 1), date(2026, 11, 2), NEW_YORK, "month")
    assert chosen("last-month").label == "1–31 Oct 2026"
    assert chosen("7").first == date(2026, 10, 27)
