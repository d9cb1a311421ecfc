"""One contractor's page: how he does, his week, what he stated, what was done."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.console.network.card import tiles_of
from jobs.console.network.week import week_of
from network.models import ContractorEvent, ContractorNote, RateCard
from network.services.calendar import add_time_off
from network.services.contractors import set_status
from network.services.territory import set_polygon_territory, set_zip_territory
from ranking.models import Outcome
from ranking.services.disputes import decide_dispute, open_dispute
from ranking.services.scorecards import refresh_scorecards
from tests.console.conftest import text_of, url
from tests.jobs.steps import accept, booked, on_site
from tests.jobs.world import (
    START,
    add_technician,
    make_branch,
    make_contractor,
    make_service_type,
    pending_offer,
    run_due,
)


def page(client, contractor, query=""):
    response = client.get(url("contractor", contractor=contractor.public_id) + query)
    assert response.status_code == 200
    return response


def outcome(contractor, kind, days_ago=1, value=None, due_to="contractor"):
    return Outcome.objects.create(
        contractor=contractor,
        branch=contractor.branch,
        kind=kind,
        value=value,
        due_to=due_to,
        at=START - timedelta(days=days_ago),
        job_ref=uuid4(),
        source_ref=uuid4(),
    )


def tile(contractor, label):
    contractor.refresh_from_db()
    return next(
        one for one in tiles_of(contractor, branch=contractor.branch, at=START)
        if one.label == label
    )  # fmt: skip


def test_each_figure_says_on_how_many_it_rests_and_what_the_branch_has(harold, lisa):
    for days, kind in ((1, "on_time"), (2, "on_time"), (9, "on_time"), (10, "late")):
        outcome(harold, kind, days)
    outcome(lisa, "late")
    outcome(harold, "late", due_to="customer")  # counts for nothing
    for days, stars in ((2, 5), (9, 4)):
        outcome(harold, "rating", days, value=stars)
    refresh_scorecards(at=START)
    found = tile(harold, "On time")
    assert found.value == "75 %"
    assert found.basis == "branch 60 % · 4 arrivals, 1 late"
    assert "week by week over 13 weeks" in found.spark
    rating = tile(harold, "Rating")
    assert (rating.value, "2 ratings" in rating.basis) == ("4.5", True)


def test_a_newcomer_has_no_figures_and_no_figure_that_looks_like_one(nora, harold):
    assert [one.value for one in tiles_of(harold, branch=harold.branch, at=START)] == [
        "–", "–", "–", "–", "–", "–", "–", "0",
    ]  # fmt: skip
    assert "Nothing yet: no offer was answered and no visit made." in text_of(page(nora, harold))


def test_outcomes_say_to_whom_they_are_due_and_what_they_count_for(nora, trio, make_job, clock):
    harold = trio[0]
    job = make_job()
    on_site(job, clock)
    outcome(harold, "no_show", due_to="customer")
    lines = {line.state.text: line for line in page(nora, harold).context["outcomes"]}
    assert lines["On time"].due_to == "Harold"
    assert lines["On time"].counts_for == "on time"
    assert lines["On time"].reference == job.reference
    foreign = next(line for line in lines.values() if line.due_to != "Harold")
    assert (foreign.counts_for, foreign.url) == ("nothing", "")


def test_a_dispute_is_neutral_and_read_by_staff_too(nora, dispatcher, trio):
    harold = trio[0]
    late = outcome(harold, "late")
    for weeks in (1, 2, 3):
        outcome(harold, "on_time", days_ago=1 + 7 * weeks)
    before = str(tile(harold, "On time").spark)
    opened = open_dispute(
        outcome_id=late.pk, contractor_id=harold.pk, text="They asked for ten.", user_id=None
    )
    assert str(tile(harold, "On time").spark) != before
    answer = page(nora, harold)
    assert answer.context["outcomes"][0].counts_for == "nothing while disputed"
    assert "Disputed: “They asked for ten.”" in text_of(answer)
    decide_dispute(
        dispute_id=opened.pk, uphold=False, note="The window ended at nine.", user_id=dispatcher.pk
    )
    answer = page(nora, harold)
    assert answer.context["outcomes"][0].counts_for == "on time"
    said = f"“They asked for ten.” {dispatcher.name}: “The window ended at nine.”"
    assert said in text_of(answer)


def test_the_week_shows_visits_holds_time_off_and_where_clearance_ends(
    nora, branch, trio, make_job
):
    harold = trio[0]
    harold.cleared_until = date(2026, 11, 6)
    harold.save()
    first, second = make_job(), make_job(window_start=START + timedelta(days=2, hours=-1),
                                         window_end=START + timedelta(days=2, hours=3))  # fmt: skip
    booked(first)
    run_due()
    assert pending_offer(second).contractor == harold
    add_time_off(
        technician_id=harold.technicians.get().pk,
        start=datetime(2026, 11, 6, 4, 0, tzinfo=UTC),  # Thursday 23:00
        end=datetime(2026, 11, 6, 17, 0, tzinfo=UTC),  # Friday noon
        note="Dentist",
    )
    week = page(nora, harold).context["week"]["shown"]
    said = {(block.day.day, block.title, block.sub, block.tone) for block in week.blocks}
    assert (3, "Water heater repair", first.reference, "good") in said
    assert (4, "Asked", "Water heater repair", "wait") in said
    assert {(day, "Time off", "Dentist", "quiet") for day in (5, 6)} <= said
    assert [block.day.day for block in week.blocks if block.tone == "bad"] == [7, 8]
    assert week.cleared_note == "Cleared to Fri 6 Nov: nothing is offered past it."
    visit = next(block for block in week.blocks if block.tone == "good")
    assert visit.url == url("job", job=first)
    assert f'aria-label="Tue 08:00–09:15: Water heater repair, {first.reference}"' in week.figure
    words = text_of(page(nora, harold))
    assert "nothing is offered past it" in words


@pytest.mark.parametrize(
    ("query", "monday"),
    [
        ("", date(2026, 11, 2)),
        ("?week=2026-11-11", date(2026, 11, 9)),
        ("?week=nonsense", date(2026, 11, 2)),
        ("?week=9999-12-31", date(2028, 10, 30)),
        ("?week=0001-01-01", date(2024, 10, 28)),
    ],
)
def test_any_week_can_be_asked_for_and_every_address_gives_one(nora, harold, query, monday):
    week = page(nora, harold, query).context["week"]
    assert week["shown"].first == monday
    assert bool(week["now_url"]) == (monday != date(2026, 11, 2))


def test_each_technician_has_a_week(nora, harold):
    ruth = add_technician(harold, "Ruth")
    response = page(nora, harold, f"?who={ruth.public_id}")
    assert response.context["week"]["name"] == "Ruth"
    assert page(nora, harold, "?who=nobody").context["week"]["name"] == "Harold"
    harold.technicians.update(active=False)
    assert "Nobody works there at the moment." in text_of(page(nora, harold))


def test_a_night_shift_stands_on_both_its_days_also_when_the_clocks_change(harold, branch):
    technician = harold.technicians.get()
    technician.working_hours.filter(weekday__gt=0).delete()
    technician.working_hours.update(weekday=6, starts=time(22), ends=time(6))
    week = week_of(
        technician, date(2026, 10, 26), contractor=harold, branch=branch, at=START
    )  # its Sunday has 25 hours
    assert week.figure.count('class="open"') == 2


def test_the_territory_is_drawn_whatever_its_kind(nora, harold):
    assert "territory: 15.5 mi" in page(nora, harold).context["map"]
    set_zip_territory(contractor_id=harold.pk, zips=["02215", "02115"])
    drawn = page(nora, harold).context["map"]
    assert "territory: 2 ZIP codes" in drawn
    assert 'class="m-cell"' in drawn
    set_polygon_territory(
        contractor_id=harold.pk,
        outline=[(42.33, -71.12), (42.33, -71.08), (42.36, -71.08), (42.36, -71.12)],
    )
    drawn = page(nora, harold).context["map"]
    assert "territory: drawn area" in drawn
    assert 'class="m-area"' in drawn
    harold.territory.delete()
    assert "no territory" in page(nora, harold).context["map"]


def test_rates_wishes_and_notes_are_there(nora, harold, branch):
    kind = branch.service_types.get()
    for fixed, since in (("180.00", date(2026, 1, 1)), ("200.00", date(2026, 12, 1))):
        RateCard.objects.create(
            contractor=harold, service_type=kind, fixed_price=Decimal(fixed), valid_from=since
        )
    words = text_of(page(nora, harold))
    assert "$80/h, $40 call-out" in words
    assert "$180 fixed" in words
    assert "$200 fixed, from Tue 1 Dec" in words
    response = nora.post(
        url("note_contractor", contractor=harold.public_id), {"text": "Call after nine.\n<b>x"}
    )
    assert response.status_code == 302
    note = ContractorNote.objects.get()
    assert note.author.name == "Nora"
    page_now = page(nora, harold).content.decode()
    assert "Call after nine." in page_now
    assert "&lt;b&gt;x" in page_now
    empty = nora.post(url("note_contractor", contractor=harold.public_id), {"text": " "})
    assert empty.status_code == 422
    assert "Write the note first." in text_of(empty)


def test_the_history_says_who_did_what_why_and_what_it_was_before(nora, harold, dispatcher):
    set_status(contractor_id=harold.pk, status="suspended", actor_id=dispatcher.pk, note="Broken")
    ContractorEvent.objects.create(
        contractor=harold,
        action="business-changed",
        data={"before": {"phone": "(617) 555-0111"}, "after": {"phone": "(617) 555-0100"}},
    )
    newest, first = page(nora, harold).context["history"]
    assert (first.title, first.by, first.note) == ("Suspended", "Nora", "Broken")
    assert [(one.name, one.before, one.after) for one in first.changes] == [
        ("status", "active", "suspended")
    ]
    assert (newest.by, newest.changes[0].before, newest.changes[0].after) == (
        "Firstcall", "(617) 555-0111", "(617) 555-0100",
    )  # fmt: skip


def test_one_goes_on_through_the_list_that_one_came_from(nora, trio, branch):
    make_contractor(branch, "Zed", status="left")
    harold, lisa, james = trio
    around = page(nora, james, "?sort=newest&status=active").context["around"]
    assert (around.place, around.total) == (2, 3)
    assert url("contractor", contractor=lisa.public_id) in around.next_url
    assert url("contractor", contractor=harold.public_id) in around.previous_url
    assert around.list_url.endswith("?sort=newest&status=active")
    assert page(nora, harold, "?status=left").context["around"].place == 0


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("active", {"pause", "suspend", "leave", "clear", "ask", "write"}),
        ("paused", {"resume", "suspend", "leave", "clear", "ask", "write"}),
        ("suspended", {"reinstate", "leave", "clear", "ask", "write"}),
        ("left", {"write"}),
    ],
)
def test_only_what_can_be_done_is_offered(nora, harold, status, offered):
    harold.status = status
    harold.save()
    may = page(nora, harold).context["may"]
    assert {name for name, can in may.items() if can} == offered


def test_the_page_has_a_fixed_number_of_queries(nora, harold, make_job, dispatcher):
    def count():
        with CaptureQueriesContext(connection) as captured:
            page(nora, harold)
        return len(captured)

    outcome(harold, "on_time")
    booked(make_job())
    count()
    few = count()
    for number in range(9):
        add_technician(harold, f"Person {number}")
        outcome(harold, "late")
        ContractorNote.objects.create(contractor=harold, text=f"Note {number}", author=dispatcher)
    for day in (2, 3):
        accept(_offered_again(make_job, day))
    assert count() <= few + 1  # the first visit of a further technician reads his job
    assert few <= 48


def _offered_again(make_job, day):
    job = make_job(
        window_start=START + timedelta(days=day, hours=-1),
        window_end=START + timedelta(days=day, hours=3),
    )
    run_due()
    return pending_offer(job)


def test_another_branchs_contractor_is_not_there(nora, harold):
    other = make_branch("worcester")
    make_service_type(other)
    stranger = make_contractor(other, "Stranger")
    for address in (
        url("contractor", contractor=stranger.public_id),
        url("note_contractor", contractor=stranger.public_id),
        url("contractor_action", contractor=stranger.public_id, action="suspend"),
    ):
        assert nora.get(address).status_code == 404
        assert nora.post(address, {"text": "x", "reason": "x"}).status_code in (404, 405)
    stranger.refresh_from_db()
    assert stranger.status == "active"
    assert not ContractorNote.objects.exists()


def test_each_figure_leads_to_its_course_and_each_point_to_its_outcome(nora, harold, lisa):
    late = outcome(harold, "late", days_ago=3)
    arrived = outcome(harold, "on_time", days_ago=2)
    excused = outcome(harold, "late", days_ago=1, due_to="customer")
    said_no = outcome(harold, "declined", value=4)
    foreign = outcome(lisa, "on_time")
    refresh_scorecards(at=START)
    links = [one.url for one in tiles_of(harold, branch=harold.branch, at=START)]
    assert "?figure=on-time#outcomes" in links
    for link in links:
        assert page(nora, harold, link.split("#")[0]).context["course"] is not None
    answer = page(nora, harold, "?figure=on-time")
    html = answer.content.decode()
    dots = answer.context["course"].plot.dots
    assert [dot.url for dot in dots] == [f"#outcome-{late.pk}", f"#outcome-{arrived.pk}"]
    assert [dot.tone for dot in dots] == ["bad", ""]
    for dot in dots:
        assert f'href="{dot.url}"' in html
        assert html.count(f'id="{dot.url[1:]}"') == 1
    assert f'id="outcome-{excused.pk}"' in html, "what does not count is listed, without a point"
    for other in (said_no, foreign):
        assert f'id="outcome-{other.pk}"' not in html
    everything = page(nora, harold, "?figure=nonsense")
    assert everything.context["course"] is None
    assert f'id="outcome-{said_no.pk}"' in everything.content.decode()


def test_a_course_costs_no_more_for_more_outcomes(nora, harold):
    def count():
        with CaptureQueriesContext(connection) as captured:
            page(nora, harold, "?figure=on-time")
        return len(captured)

    outcome(harold, "on_time")
    count()
    few = count()
    for days in range(1, 9):
        late = outcome(harold, "late", days)
        open_dispute(outcome_id=late.pk, contractor_id=harold.pk, text="No.", user_id=None)
    assert count() <= few
    assert few <= 48
