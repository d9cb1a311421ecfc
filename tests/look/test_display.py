"""Wordings: docs/look.md, "Words"."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from network import display

BOSTON = "America/New_York"
NOW = datetime(2026, 11, 17, 20, 41, tzinfo=UTC)  # Tuesday, 15:41 in Boston


def at(hour: int, minute: int = 0, day: int = 17) -> datetime:
    """A time of November 2026 in Boston (EST, UTC-5)."""
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour + 5, minutes=minute)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("246.00"), "USD", "$246"),
        (Decimal("246.50"), "USD", "$246.50"),
        (Decimal("1940"), "EUR", "€1,940"),
        (Decimal("-12.5"), "USD", "−$12.50"),
        (Decimal("120"), "CHF", "CHF 120"),
        ("0", "USD", "$0"),
        (None, "USD", ""),
    ],
)
def test_money_has_no_cents_unless_there_are_some(amount, currency, text):
    assert display.money(amount, currency) == text


@pytest.mark.parametrize(
    ("km", "unit", "text"),
    [
        (3.8, "km", "3.8 km"),
        (3.8, "mi", "2.4 mi"),
        (40.0, "mi", "25 mi"),
        (0.04, "mi", "0.0 mi"),
        (None, "mi", ""),
    ],
)
def test_distances_are_in_the_branchs_unit(km, unit, text):
    assert display.distance(km, unit) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (45, "45 min"),
        (59.6, "1 h"),
        (90, "1 h 30 min"),
        (120, "2 h"),
        (2880, "2 days"),
    ],
)
def test_durations(minutes, text):
    assert display.duration(minutes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(169, "2:49"), (59.9, "0:59"), (-3, "0:00"), (3600, "1:00:00"), (3909, "1:05:09")],
)
def test_countdowns(seconds, text):
    assert display.countdown(seconds) == text


@pytest.mark.parametrize(
    ("start", "end", "long", "short", "phone"),
    [
        (at(16), at(20), "Today, Tue 17 Nov, 16:00–20:00 EST", "16–20", "Today 4–8 pm"),
        (
            at(8, day=18),
            at(12, day=18),
            "Tomorrow, Wed 18 Nov, 08:00–12:00 EST",
            "Wed 08–12",
            "Tomorrow 8 am–noon",
        ),
        (
            at(8, 30, 20),
            at(10, 0, 20),
            "Fri 20 Nov, 08:30–10:00 EST",
            "Fri 08:30–10",
            "Fri 20 Nov 8:30–10 am",
        ),
        (at(20), at(24), "Today, Tue 17 Nov, 20:00–24:00 EST", "20–24", "Today 8 pm–midnight"),
        (
            at(22),
            at(26),
            "Today, Tue 17 Nov, 22:00–Wed 18 Nov, 02:00 EST",
            "22–02",
            "Today 10 pm – tomorrow 2 am",
        ),
        (
            at(8, day=27),
            at(12, day=27),
            "Fri 27 Nov, 08:00–12:00 EST",
            "Fri 27 Nov 08–12",
            "Fri 27 Nov 8 am–noon",
        ),
    ],
)
def test_windows(start, end, long, short, phone):
    assert display.window_long(start, end, BOSTON, NOW) == long
    assert display.window_short(start, end, BOSTON, NOW) == short
    assert display.window_phone(start, end, BOSTON, NOW) == phone


def test_a_window_outside_the_office_can_carry_its_zone():
    text = display.window_phone(at(16), at(20), BOSTON, NOW, with_zone=True)
    assert text == "Today 4–8 pm EST"


def test_the_day_is_the_sites_day_not_the_servers():
    late = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # still Tuesday evening in Boston
    assert display.day(late, BOSTON, NOW) == "Today"
    assert display.day(late, "UTC", NOW) == "Tomorrow"


def test_the_zones_name_follows_the_season():
    assert display.zone_name(datetime(2026, 7, 1, tzinfo=UTC), BOSTON) == "EDT"
    assert display.zone_name(NOW, BOSTON) == "EST"


def test_an_unknown_zone_still_renders():
    assert display.clock(NOW, "Nowhere/Atall") == "20:41"


def test_another_year_is_named():
    assert display.day(datetime(2027, 1, 5, 17, tzinfo=UTC), BOSTON, NOW) == "Tue 5 Jan 2027"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("James", "JA"), ("Dana W.", "DW"), ("", "?"), ("- &", "?"), ("Lisa M. Okafor", "LO")],
)
def test_initials(name, letters):
    assert display.initials(name) == letters
