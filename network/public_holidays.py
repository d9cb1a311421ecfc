"""Public holidays of a branch, by the ``holidays`` library: offline, by country and subdivision.

The library takes half a second to load, so it is loaded when a holiday is first asked for, not by
every command and worker.
"""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache


@cache
def _calendars() -> frozenset[str]:
    """Every known calendar: ``US``, ``US-MA``, …"""
    import holidays

    known: set[str] = set()
    for country, subdivisions in holidays.list_supported_countries(include_aliases=False).items():
        known.add(country)
        known.update(f"{country}-{subdivision}" for subdivision in subdivisions)
    return frozenset(known)


def is_holiday_calendar(name: str) -> bool:
    """Whether ``name`` is a country, or country-subdivision, whose holidays are known."""
    return name in _calendars()


@lru_cache(maxsize=256)
def _year(calendar: str, year: int) -> dict[date, str]:
    import holidays

    country, _, subdivision = calendar.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
    except NotImplementedError:
        return {}


def public_holidays(calendar: str, first: date, last: date) -> dict[date, str]:
    """Holidays from ``first`` through ``last`` with their names; none for an unknown calendar."""
    # Not asked of ``is_holiday_calendar``, which loads every country and takes half a second.
    if not calendar:
        return {}
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in sorted(_year(calendar, year).items())
        if first <= day <= last
    }
