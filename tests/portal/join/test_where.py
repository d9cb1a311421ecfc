"""Where one works: a radius, an outline, ZIP codes; what each covers; and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.actors import Actor
from jobs.models import Job
from jobs.services.jobs import cancel_job
from network.geo import site_cell
from network.kinds_of_work import kinds_of_work_of
from network.models import (
    Contractor,
    ServiceLeftOut,
    ServiceType,
    Technician,
    TechnicianSkill,
    Territory,
    User,
)
from portal.access import Acting, acting_of
from portal.sections import SectionRefused
from portal.sections.where import Where, read_outline
from tests.jobs.world import START, make_service_type

# A triangle around Roxbury and Dorchester, and what belongs to no land.
SQUARE = "42.36, -71.13\n42.36, -71.05\n42.29, -71.05\n42.29, -71.13"
BOW = "42.36, -71.13\n42.29, -71.05\n42.36, -71.05\n42.29, -71.13"
AT_SEA = "42.40, -70.40\n42.40, -70.30\n42.33, -70.30\n42.33, -70.40"
NEW_YORK = "40.75, -74.00\n40.75, -73.95\n40.70, -73.95\n40.70, -74.00"


@pytest.fixture
def acting(harold_user: User) -> Acting:
    found = acting_of(harold_user, None)
    assert found is not None
    return found


def bound(acting: Acting, **changes: Any) -> Where:
    """What is on record, with changes, as a browser would send it."""
    shown = Where(acting, now=START)
    typed = {**shown.form.initial, **changes}
    return Where(acting, now=START, data={f"where-{key}": value for key, value in typed.items()})


def test_what_is_on_record_is_shown_and_saved_again_unchanged(
    acting: Acting, harold: Contractor
) -> None:
    before = Territory.objects.get(contractor=harold)
    section = bound(acting)
    assert section.is_valid(), section.form.errors
    section.save()
    after = Territory.objects.get(contractor=harold)
    assert after.kind == "radius"
    assert after.radius_km == pytest.approx(before.radius_km, abs=0.02)
    assert (after.latitude, after.longitude) == pytest.approx(
        (before.latitude, before.longitude), abs=1e-5
    )


def test_a_radius_is_in_the_branch_unit_around_a_zip_code(
    acting: Acting, harold: Contractor
) -> None:
    section = bound(acting, base="02130", radius="10", left_out="02132")
    assert section.is_valid(), section.form.errors
    section.save()
    territory = Territory.objects.get(contractor=harold)
    assert territory.radius_km == pytest.approx(16.09344)
    assert round(territory.latitude, 2) == 42.31  # Jamaica Plain
    assert territory.left_out == ["02132"]
    assert Where(acting, now=START).summary() == "10.0 mi around 02130, 1 ZIP code left out"
    assert harold.events.filter(action="territory-changed", actor=acting.user).exists()


def test_a_point_put_by_hand_stays_until_another_zip_code_is_typed(acting: Acting) -> None:
    by_hand = {"latitude": "42.3", "longitude": "-71.1", "base": "02131", "point_zip": "02131"}
    section = bound(acting, **by_hand)
    assert section.is_valid()
    assert section.form.cleaned_data["point"] == (42.3, -71.1)
    other = bound(acting, **{**by_hand, "base": "02119"})
    assert other.is_valid()
    assert other.form.cleaned_data["point"] != (42.3, -71.1)


@pytest.mark.parametrize(
    "text",
    [
        SQUARE,
        '{"type": "Polygon", "coordinates": [[[-71.13, 42.36], [-71.05, 42.36], [-71.05, 42.29],'
        " [-71.13, 42.29], [-71.13, 42.36]]]}",
    ],
)
def test_an_outline_is_read_from_lines_and_from_geojson(
    acting: Acting, harold: Contractor, text: str
) -> None:
    section = bound(acting, kind="polygon", outline=text)
    assert section.is_valid(), section.form.errors
    section.save()
    territory = Territory.objects.get(contractor=harold)
    assert territory.kind == "polygon"
    assert territory.outline is not None
    assert [tuple(corner) for corner in territory.outline[:4]] == read_outline(SQUARE)


def test_zip_codes_are_read_however_they_are_written(acting: Acting, harold: Contractor) -> None:
    section = bound(acting, kind="zips", zips="02130, 02131\n02119;02120-1234")
    assert section.is_valid(), section.form.errors
    section.save()
    territory = Territory.objects.get(contractor=harold)
    assert territory.zips == ["02119", "02120", "02130", "02131"]
    assert Where(acting, now=START).summary() == "4 ZIP codes"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"kind": "polygon", "outline": BOW}, "outline", "The outline crosses itself"),
        ({"kind": "polygon", "outline": AT_SEA}, "outline", "it seems to lie in the sea"),
        ({"kind": "polygon", "outline": NEW_YORK}, "outline", "wholly outside the branch"),
        ({"kind": "polygon", "outline": ""}, "outline", "Draw your area on the map"),
        ({"kind": "polygon", "outline": "42.3, -71.1\nhere"}, "outline", "Line 2 is no corner"),
        ({"kind": "polygon", "outline": "42.3, -71.1\n42.4, -71"}, "outline", "three corners"),
        ({"kind": "polygon", "outline": '{"type": "Point"}'}, "outline", "Draw one area"),
        ({"kind": "zips", "zips": "02130 SW1A 1AA"}, "zips", "“SW1A” and “1AA” are not US ZIP"),
        ({"kind": "zips", "zips": "10115"}, "zips", "10115 (New York, NY) lies outside"),
        ({"kind": "zips", "zips": " "}, "zips", "Give at least one ZIP code."),
        ({"base": "SW1A 1AA"}, "base", "“SW1A 1AA” is not a US ZIP code"),
        ({"base": ""}, "base", "Give the ZIP code in the middle of your area."),
        ({"base": "10115", "radius": "5"}, "radius", "wholly outside the branch"),
        ({"radius": "400"}, "radius", "Give a distance of 0.62 to 124 mi."),
        ({"radius": ""}, "radius", "Give a distance of 0.62 to 124 mi."),
        ({"radius": "far"}, "radius", "Give a distance such as 12 or 7.5."),
        ({"left_out": "West Roxbury"}, "left_out", "“West” is not a US ZIP code"),
        ({"kind": "nowhere"}, "kind", "Choose one."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_everything_typed_kept(
    acting: Acting, harold: Contractor, changes: dict[str, str], field: str, said: str
) -> None:
    before = str(Territory.objects.get(contractor=harold))
    section = (
        bound(acting, zips="02119", **{"outline": SQUARE, **changes})
        if ("zips" not in changes)
        else bound(acting, **changes)
    )
    if section.is_valid():
        with pytest.raises(SectionRefused):
            section.save()
    assert said in section.form.errors[field][0]
    assert section.context()["says"] is None
    for name, typed in changes.items():
        assert section.form[name].value() == typed
    assert str(Territory.objects.get(contractor=harold)) == before


def test_an_area_that_reaches_beyond_the_branch_is_taken_and_said(acting: Acting) -> None:
    says = bound(acting, radius="60").says()
    assert says is not None
    assert "lies outside the branch Greater Boston" in says.notes[0]


def test_it_says_how_many_jobs_of_ones_trades_were_asked_for_in_it(
    acting: Acting, harold: Contractor, make_job: Callable[..., Job], settings: Any
) -> None:
    """Two here, one 12 miles north, one of another trade, one older than 90 days, one cancelled."""
    here = [make_job() for _ in range(5)]
    painting = make_service_type(harold.branch, "painting")
    painting.required_skills.update(min_level=3)
    ServiceLeftOut.objects.create(contractor=harold, service_type=painting)
    past = START - timedelta(days=30)
    Job.objects.filter(branch=harold.branch).update(
        window_start=past, window_end=past + timedelta(hours=4)
    )
    Job.objects.filter(pk=here[1].pk).update(cell=site_cell(42.3467 + 12 * 1.609 / 111, -71.1019))
    Job.objects.filter(pk=here[2].pk).update(service_type=painting)
    old = START - timedelta(days=91)
    Job.objects.filter(pk=here[3].pk).update(window_start=old)
    cancel_job(job_id=here[4].pk, by="dispatcher", reason="duplicate", actor=Actor.system("test"))
    says = bound(acting, base="02115", radius="11").says()
    assert says is not None
    assert (says.jobs, says.kinds) == (1, 1)
    assert (says.more_step, says.more_radius, says.more_jobs) == (2, 13, 1)
    without = bound(acting, base="02115", radius="11", left_out=here[0].postcode).says()
    assert without is not None
    assert without.jobs == 0


def test_without_skills_every_kind_of_work_counts(
    acting: Acting, harold: Contractor, make_job: Callable[..., Job]
) -> None:
    make_job()
    past = START - timedelta(days=1)
    Job.objects.update(window_start=past, window_end=past + timedelta(hours=4))
    TechnicianSkill.objects.filter(technician__contractor=harold).delete()
    says = bound(acting).says()
    assert says is not None
    assert (says.jobs, says.kinds) == (1, 0)


def test_a_kind_of_work_needs_one_person_with_all_its_skills(harold: Contractor) -> None:
    kind = ServiceType.objects.get(branch=harold.branch)
    assert kinds_of_work_of(harold.pk) == [kind.pk]
    other = make_service_type(harold.branch, "gas-line")
    row = other.required_skills.get()
    row.skill = type(row.skill).objects.create(branch=harold.branch, slug="gas", name="Gas")
    row.save()
    assert kinds_of_work_of(harold.pk) == [kind.pk]
    person = Technician.objects.get(contractor=harold)
    TechnicianSkill.objects.create(technician=person, contractor=harold, skill=row.skill, level=1)
    assert kinds_of_work_of(harold.pk) == [kind.pk]  # level 2 is asked for
    TechnicianSkill.objects.filter(technician=person, skill=row.skill).update(level=2)
    assert kinds_of_work_of(harold.pk) == [kind.pk, other.pk]


def test_small_actions_work_without_a_script(acting: Acting) -> None:
    section = bound(acting, base="02130", radius="5")
    assert section.act("leave-02132") is False
    assert section.form["left_out"].value() == "02132"
    assert section.form["base"].value() == "02130"
    assert section.act("back-02132") is False
    assert section.form["left_out"].value() == ""
    assert section.act("more") is False
    assert section.form["radius"].value() == "7"
    listed = bound(acting, kind="zips", zips="02130 02131")
    assert listed.act("leave-02131") is False
    assert listed.form["zips"].value() == "02130"


def test_the_page_says_what_an_area_covers_while_it_changes_and_saves_nothing(
    harold_client: Client, acting: Acting, harold: Contractor, django_assert_max_num_queries: Any
) -> None:
    url = reverse("portal:where_covers")
    typed = {f"where-{k}": v for k, v in Where(acting, now=START).form.initial.items()}
    before = str(Territory.objects.get(contractor=harold))
    with django_assert_max_num_queries(9):
        answer = harold_client.post(url, {**typed, "where-base": "02130", "where-radius": "4"})
    page = answer.content.decode()
    assert "jobs of your trades here in the last 90 days." in page
    assert "02130 Jamaica Plain" in page
    wrong = harold_client.post(url, {**typed, "where-kind": "polygon", "where-outline": BOW})
    assert "The outline crosses itself" in wrong.content.decode()
    assert str(Territory.objects.get(contractor=harold)) == before


def test_the_area_has_a_page_of_its_own(harold_client: Client, harold: Contractor) -> None:
    url = reverse("portal:section", args=["where"])
    page = harold_client.get(url).content.decode()
    assert "Where do you work?" in page
    typed = {"where-kind": "zips", "where-zips": "02130 02131"}
    answer = harold_client.post(url, typed)
    assert answer.status_code == 302, answer.content.decode()
    assert Territory.objects.get(contractor=harold).zips == ["02130", "02131"]
