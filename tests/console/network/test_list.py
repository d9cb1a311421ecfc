"""The list of contractors: filters in the address, order, pages, CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.console.network.export import in_async
from jobs.console.network.loads import read_loads
from network.models import (
    ContractorEvent,
    Document,
    Requirement,
    ServiceTypeSkill,
    Skill,
    TechnicianSkill,
)
from network.services.calendar import add_time_off
from network.services.territory import set_zip_territory
from ranking.models import Scorecard
from tests.console.conftest import text_of, url
from tests.jobs.world import (
    START,
    add_technician,
    make_branch,
    make_contractor,
    make_service_type,
    run_due,
)

LIST = "contractors"


def names(response):
    return [row.contractor.name for row in response.context["rows"]]


def listed(client, query=""):
    response = client.get(url(LIST) + query)
    assert response.status_code == 200
    return names(response)


def csv_rows(client, query=""):
    response = client.get(url("contractors_csv") + query)
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def rate(contractor, average, count=5):
    Scorecard.objects.create(
        contractor=contractor,
        branch=contractor.branch,
        rating_average=average,
        rating_count=count,
        accept_rate=average / 5,
        updated_at=START,
    )


def test_a_row_says_who_what_where_and_how(nora, harold):
    rate(harold, 4.8, 71)
    add_technician(harold, "Ruth")
    words = text_of(nora.get(url(LIST)))
    assert "Harold + 1" in words
    assert "Plumbing" in words
    assert "15.5 mi" in words  # the territory
    assert "to 31 Dec 2027" in words
    assert "0 of 224 h" in words  # two people, 16 hours on seven days
    assert "4.8 (71)" in words
    assert "Active" in words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "Ann Bo Cy Di Ed"),
        ("?status=active", "Ann Bo Ed"),
        ("?status=paused", "Di"),
        ("?status=suspended", "Cy"),
        ("?status=applicant", "Fay"),
        ("?status=left", "Gus"),
        ("?status=all", "Ann Bo Cy Di Ed Fay Gus"),
        ("?q=bo", "Bo"),
        ("?q=ANN@example", "Ann"),
        ("?q=boiler", "Bo"),
        ("?q=%00", "Ann Bo Cy Di Ed"),
        ("?trade=hvac", "Bo"),
        ("?trade=hvac&trade=plumbing", "Ann Bo Cy Di Ed"),
        ("?area=02215", "Ann Bo Cy Di"),
        ("?area=fenway", "Ann Bo Cy Di"),
        ("?area=01930", "Ed"),
        ("?near=02215&within=5", "Ann Bo Cy Di"),
        ("?near=01930", "Ed"),
        ("?cleared=yes", "Ann Bo Cy Di"),
        ("?cleared=no", "Ed"),
        ("?cleared=by_hand", "Bo"),
        ("?ends=14", "Bo"),
        ("?ends=5", ""),
        ("?rating=4.5", "Ann"),
        ("?rating=4", "Ann Bo"),
        ("?rating=low", "Cy"),
        ("?rating=none", "Di Ed"),
        ("?idle=true", "Ann Bo Cy Di Ed"),
        ("?load=free", "Ann Bo Cy Di"),
        ("?load=none", "Ed"),
        ("?status=active&trade=plumbing&rating=4&area=02215", "Ann Bo"),
    ],
)
def test_filters_live_in_the_address_and_the_csv_has_exactly_theirs(
    nora, branch, service_type, query, found
):
    ann, bo, cy, di = (make_contractor(branch, name) for name in ("Ann", "Bo", "Cy", "Di"))
    ed = make_contractor(branch, "Ed", kilometres_north=40, radius_km=5, cleared_until=None)
    set_zip_territory(contractor_id=ed.pk, zips=["01930"])
    type(ed).objects.filter(pk=ed.pk).update(base_latitude=42.6246, base_longitude=-70.6737)
    ed.technicians.get().working_hours.all().delete()
    make_contractor(branch, "Fay", status="applicant")
    make_contractor(branch, "Gus", status="left")
    make_contractor(make_branch("worcester"), "Stranger")
    cy.status = "suspended"
    cy.save()
    di.paused_until = START + timedelta(days=3)
    di.save()
    bo.cleared_until = bo.clearance_override_until = date(2026, 11, 10)
    bo.clearance_override_note = "By phone"
    bo.save()
    hvac = Skill.objects.create(branch=branch, slug="boilers", name="Boilers")
    heating = make_service_type(branch, "boiler-repair")
    heating.trade = "hvac"
    heating.save()
    ServiceTypeSkill.objects.filter(service_type=heating).update(skill=hvac)
    TechnicianSkill.objects.create(technician=bo.technicians.get(), skill=hvac, level=2)
    for contractor, average in ((ann, 4.7), (bo, 4.1), (cy, 3.0)):
        rate(contractor, average)
    assert listed(nora, query) == found.split()
    assert [row["name"] for row in csv_rows(nora, query)] == found.split()


@pytest.mark.parametrize("query", ["?area=99999", "?area=Atlantis", "?ends=-1", "?rating=best"])
def test_a_mistake_in_the_filter_is_said_and_everything_typed_stays(nora, harold, query):
    response = nora.get(url(LIST) + query)
    assert names(response) == ["Harold"]
    assert "It does not filter." in text_of(response)
    assert query.split("=")[1] in response.content.decode()


def test_the_order_is_chosen(nora, trio):
    harold, _, james = trio
    rate(harold, 4.1)
    rate(james, 4.9)
    harold.cleared_until = date(2027, 1, 1)
    harold.save()
    assert listed(nora, "?sort=rating") == ["James", "Harold", "Lisa"]
    assert listed(nora, "?sort=cleared") == ["Harold", "James", "Lisa"]
    assert listed(nora, "?sort=answers") == ["James", "Harold", "Lisa"]
    assert listed(nora, "?sort=newest") == ["Harold", "James", "Lisa"]


def test_those_who_were_asked_lately_are_not_idle(nora, trio, make_job):
    make_job()
    run_due()
    assert listed(nora, "?idle=true") == ["James", "Lisa"]


def test_the_load_counts_holds_against_hours_that_are_not_taken_off(nora, branch, trio, make_job):
    harold, lisa, _ = trio
    make_job()
    run_due()
    add_time_off(
        technician_id=lisa.technicians.get().pk,
        # Wednesday noon to Thursday noon, of which 6 to 22 are working hours
        start=datetime(2026, 11, 4, 17, 0, tzinfo=UTC),
        end=datetime(2026, 11, 5, 17, 0, tzinfo=UTC),
    )
    loads = read_loads(branch, at=START)
    assert (loads[harold.pk].taken, loads[harold.pk].open) == (75, 7 * 16 * 60)
    assert (loads[lisa.pk].taken, loads[lisa.pk].open) == (0, (7 * 16 - 16) * 60)
    assert listed(nora, "?sort=load")[0] == "Harold"


def test_a_week_with_the_end_of_summer_time_has_its_real_hours(nora, branch, harold, clock):
    technician = harold.technicians.get()
    technician.working_hours.update(starts="00:00", ends="00:00")
    at = clock.set(datetime(2026, 10, 29, 14, 0, tzinfo=UTC))  # the clocks go back on 1 November
    assert read_loads(branch, at=at)[harold.pk].open == (7 * 24 + 1) * 60


def test_the_number_of_queries_does_not_grow_with_the_contractors(nora, branch, service_type):
    def count(query=""):
        with CaptureQueriesContext(connection) as captured:
            nora.get(url(LIST) + query)
        return len(captured)

    for number in range(3):
        make_contractor(branch, f"Firm {number}")
    count()
    few = [count(query) for query in ("", "?load=free", "?sort=load", "?trade=plumbing")]
    for number in range(3, 40):
        make_contractor(branch, f"Firm {number}")
    many = [count(query) for query in ("", "?load=free", "?sort=load", "?trade=plumbing")]
    assert many == few
    assert max(many) <= 24


def test_pages_are_bounded_and_the_csv_has_everybody(nora, branch, service_type):
    for number in range(53):
        make_contractor(branch, f"Firm {number:02d}")
    first = nora.get(url(LIST))
    assert len(names(first)) == 50
    assert "1–50 of 53" in text_of(first)
    assert listed(nora, "?page=2") == ["Firm 50", "Firm 51", "Firm 52"]
    assert listed(nora, "?page=99") == ["Firm 50", "Firm 51", "Firm 52"]
    assert len(listed(nora, "?page=nonsense")) == 50
    assert len(csv_rows(nora)) == 53


def test_the_csv_neutralises_formulas_and_is_streamed(nora, branch, service_type):
    make_contractor(branch, "=cmd()", phone="+1 617 555 0100")
    response = nora.get(url("contractors_csv"))
    assert response.streaming
    assert response["Content-Disposition"].startswith('attachment; filename="boston-contractors-')
    [row] = csv_rows(nora)
    assert (row["name"], row["phone"]) == ("'=cmd()", "'+1 617 555 0100")
    assert row["open_hours_next_7_days"] == "112.0"


def test_under_asgi_the_csv_comes_in_pieces_too():
    made = []

    def pieces():
        for number in range(3):
            made.append(number)
            yield str(number)

    async def read():
        stream = in_async(pieces())
        assert await anext(stream) == "0"
        assert made == [0]
        return [piece async for piece in stream]

    assert asyncio.run(read()) == ["1", "2"]


def test_the_figures_and_tabs_count_the_network(nora, branch, trio):
    trio[0].paused_until = START + timedelta(days=1)
    trio[0].save()
    trio[1].cleared_until = date(2026, 11, 9)
    trio[1].save()
    figures = nora.get(url(LIST)).context["figures"]
    assert (figures.here, figures.active, figures.paused) == (3, 2, 1)
    assert (figures.ending, figures.idle, figures.cleared) == (1, 2, 3)


def test_the_paper_that_ends_first_is_named(nora, branch, harold):
    paper = Requirement.objects.create(
        branch=branch, name="Insurance", kind="insurance", required_from=date(2026, 1, 1)
    )
    Document.objects.create(
        contractor=harold,
        requirement=paper,
        kind="insurance",
        size_bytes=1,
        state="approved",
        reviewed_at=START,
        expires_on=date(2026, 11, 20),
    )
    harold.cleared_until = date(2026, 11, 20)
    harold.save()
    assert "Insurance ends Fri 20 Nov" in text_of(nora.get(url(LIST)))


def test_what_waits_is_counted_in_the_navigation(nora, apply, harold, hand_in):
    apply()
    hand_in(harold)
    page = text_of(nora.get(url("branch_board")))
    assert "Contractors 2 wait for review" in page


def test_an_empty_network_says_what_to_do(nora):
    assert "Nobody is in the network yet" in text_of(nora.get(url(LIST)))
    assert "Nobody matches" in text_of(nora.get(url(LIST) + "?q=zzz"))
    assert not ContractorEvent.objects.exists()
