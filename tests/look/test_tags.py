"""The template tags say the right word with the right mark."""

import re
from datetime import timedelta
from types import SimpleNamespace as Thing

import pytest
from django.template import Context, Template

from network import figures
from tests.look.specimen import NOW, TZ, offer, parts, specimen_shell


def render(source: str, **context) -> str:
    return Template("{% load firstcall %}" + source).render(
        Context({"shell": specimen_shell(), **context})
    )


@pytest.mark.parametrize(
    ("status", "round_number", "word", "tone"),
    [
        ("new", 1, "New", "quiet"),
        ("offering", 1, "Offering", "wait"),
        ("offering", 2, "Rebooking", "guard"),
        ("booked", 2, "Booked", "good"),
        ("en_route", 1, "On the way", "move"),
        ("on_site", 1, "On site", "move"),
        ("completed", 1, "Done", "good"),
        ("cancelled", 1, "Cancelled", "quiet"),
    ],
)
def test_a_jobs_state_is_icon_word_and_colour(status, round_number, word, tone):
    html = render("{% job_status job %}", job=Thing(status=status, round_number=round_number))
    assert word in html
    assert f"is-{tone}" in html
    assert "<use href=" in html


def test_every_status_of_the_domain_has_its_look():
    from jobs.states import EscalationKind, JobStatus, OfferStatus, Priority
    from network.templatetags import firstcall

    assert set(JobStatus.values) <= set(firstcall.JOB_STATES)
    assert set(OfferStatus.values) == set(firstcall.OFFER_STATES)
    assert set(EscalationKind.values) <= set(firstcall.ESCALATIONS)
    assert set(Priority.values) == set(firstcall.PRIORITIES)


def test_a_ring_counts_from_the_servers_expiry_in_domain_time():
    html = render("{% ring at 900 %}", at=NOW + timedelta(minutes=12))
    assert "<b>12:00</b>" in html
    assert f'data-expires-at="{int((NOW + timedelta(minutes=12)).timestamp() * 1000)}"' in html
    assert f'data-now="{int(NOW.timestamp() * 1000)}"' in html
    assert 'stroke-dasharray="80.0 100"' in html
    assert "is-wait" in html


@pytest.mark.parametrize(
    ("seconds", "tone"), [(226, "wait"), (225, "warn"), (1, "warn"), (0, "quiet"), (-5, "quiet")]
)
def test_a_ring_warns_in_the_last_quarter(seconds, tone):
    assert f"is-{tone}" in render("{% ring at 900 %}", at=NOW + timedelta(seconds=seconds))


def test_a_trail_shows_ranks_in_order_and_says_them():
    html = render("{% trail offers 8 %}", offers=[offer(2, "pending"), offer(1, "declined")])
    assert 'aria-label="rank 1 declined, rank 2 being asked, 8 waiting"' in html
    assert html.index("tr-dec") < html.index("tr-now")
    assert html.count("tr-next") == 5
    assert "+3" in html


def test_a_score_bar_is_as_long_as_its_points():
    html = figures.score_bar(parts(40, 20, 0))
    boxes = re.findall(r'class="c(\d)" x="([\d.]+)" y="0" width="([\d.]+)"', html)
    assert boxes == [("1", "0.0", "39.1"), ("2", "40.0", "19.1")]


def test_the_promise_track_places_the_window_and_now():
    start, end = (
        NOW.replace(minute=0) + timedelta(hours=1),
        NOW.replace(minute=0) + timedelta(hours=5),
    )
    html = figures.promise_track(start=start, end=end, tz=TZ, now=NOW)
    assert 'aria-label="Promised 16:00 to 20:00; now 15:41"' in html
    assert ">16:00<" in html
    assert 'class="now"' in html
    later = figures.promise_track(start=start, end=end, tz=TZ, now=NOW - timedelta(days=2))
    assert 'class="now"' not in later


def test_a_window_of_many_days_keeps_its_axis_readable():
    html = figures.promise_track(start=NOW, end=NOW + timedelta(days=3), tz=TZ, now=NOW)
    assert html.count('class="ax"') <= 10


def test_what_people_wrote_is_escaped():
    html = render("{% job_status job %}{% icon name %}", job="<b>x", name='"><script>')
    assert "<script>" not in html
    assert "<b>x" not in html
    visit = figures.Visit("<i>J</i>", NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    track = figures.promise_track(
        start=NOW, end=NOW + timedelta(hours=4), tz=TZ, now=NOW, visit=visit
    )
    assert "<i>" not in track


def test_at_site_survives_the_date_filters_own_conversion():
    assert render('{{ now|at_site:"America/New_York"|date:"H:i" }}', now=NOW) == "15:41"


def test_ages_count_up_and_waits_count_down():
    assert ">6 min<" in render("{% ago at %}", at=NOW - timedelta(minutes=6, seconds=20))
    assert ">in 19 min<" in render("{% until at %}", at=NOW + timedelta(minutes=19))
    assert ">now<" in render("{% until at %}", at=NOW - timedelta(minutes=1))


def test_miles_for_a_branch_that_counts_in_miles():
    assert render("{% distance 3.8 branch %}", branch=specimen_shell().branch) == "2.4 mi"
