"""What a row becomes: dates, priority and the drawn appointment window. No database."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jobs.intake.errors import BadRow
from jobs.intake.mapping import IntakeMapping
from jobs.intake.reading import Row
from network.geo import lookup_zip, site_cell, zips_around

#: A same-day window must have this much left when the request is opened (ours).
LEAST_LEFT = timedelta(hours=2)
#: A place without a ZIP takes that of the nearest centre within this distance.
NEAREST_ZIP_KM = 15
#: Dates outside are mistyped; arithmetic with them could leave the calendar.
FIRST_YEAR, LAST_YEAR = 1970, 2200
#: As long as jobs can keep; address and name are checked with the job itself.
LONGEST_TEXT = {"customer_phone": 40, "customer_email": 254, "description": 10_000}


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as a job could be made of it. Instants are aware; ``priority`` None: the usual one."""

    line: int
    external_ref: str
    opened_at: datetime
    window_start: datetime
    window_end: datetime
    service_type: str
    minutes: int | None
    priority: str | None
    postcode: str
    latitude: float | None
    longitude: float | None
    texts: Mapping[str, str]


def shift_days(mapping: IntakeMapping, *, today: date) -> int:
    """By how many days the mapping moves its dates; ``today`` is local."""
    if mapping.shift is None:
        return 0
    day, becomes = mapping.shift
    if becomes == "today":
        becomes = today
    elif becomes == "tomorrow":
        becomes = today + timedelta(days=1)
    assert isinstance(becomes, date)
    return (becomes - day).days


def opened_on(row: Row, mapping: IntakeMapping) -> datetime:
    """The local time at which the request was opened, as the file says. Raises BadRow."""
    return _moment(row, "opened", mapping)


def draft_of(row: Row, mapping: IntakeMapping, *, opened: datetime, days: int) -> Draft:
    """Make a draft; ``opened`` is the file's, ``days`` the shift. Raises BadRow.

    The window is drawn from the mapping's seed and the row's reference, so that the same row
    always gets the same one: the same day for the priorities that ask for it (where none is left,
    the next morning), else one of the next working days.
    """
    columns = mapping.columns
    reference = row.cells[columns["external_ref"]]
    if not reference:
        raise BadRow("is empty: every request needs its reference", columns["external_ref"])
    if len(reference) > 70:
        raise BadRow("is longer than 70 characters", columns["external_ref"])
    kind = row.cells[columns["type"]]
    rule = mapping.types.get(kind)
    if rule is None:
        raise BadRow(
            f"the mapping has no service type for “{kind[:80]}”: add it under [types]",
            columns["type"],
        )
    priority = _priority(row, mapping, opened)
    start, end = draw_window(mapping, reference, opened + timedelta(days=days), priority)
    latitude, longitude = _pin(row, mapping)
    return Draft(
        line=row.line,
        external_ref=f"{mapping.name}:{reference}",
        opened_at=(opened + timedelta(days=days)).replace(tzinfo=mapping.zone),
        window_start=start,
        window_end=end,
        service_type=rule.service_type,
        minutes=rule.minutes,
        priority=priority,
        postcode=_postcode(row, mapping, latitude, longitude),
        latitude=latitude,
        longitude=longitude,
        texts=_texts(row, mapping),
    )


def draw_window(
    mapping: IntakeMapping, reference: str, opened: datetime, priority: str | None
) -> tuple[datetime, datetime]:
    """The arrival window of a request opened at a naive local time; aware instants."""
    draw = random.Random(f"{mapping.seed}:{reference}")
    if priority in mapping.same_day:
        day = opened.date()
        left = [
            hours
            for hours in mapping.windows
            if datetime.combine(day, hours[1]) - opened >= LEAST_LEFT
        ]
        if not left:
            day += timedelta(days=1)
            left = [mapping.windows[0]]
    else:
        day = _working_day(opened.date(), draw.randint(1, mapping.working_days))
        left = list(mapping.windows)
    first, last = draw.choice(left)
    return (
        datetime.combine(day, first, mapping.zone),
        datetime.combine(day, last, mapping.zone),
    )


def _working_day(day: date, count: int) -> date:
    """The ``count``-th day after ``day`` that is neither Saturday nor Sunday."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _moment(row: Row, key: str, mapping: IntakeMapping) -> datetime:
    column = mapping.columns[key]
    text = row.cells[column]
    if not text:
        raise BadRow("is empty", column)
    try:
        found = datetime.strptime(text, mapping.date_format)  # noqa: DTZ007  (local by the mapping)
    except ValueError as error:
        raise BadRow(
            f"“{text[:60]}” does not read as the date format {mapping.date_format}", column
        ) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadRow(f"“{text[:60]}” lies outside {FIRST_YEAR} to {LAST_YEAR}", column)
    if found.tzinfo is not None:
        found = found.astimezone(mapping.zone).replace(tzinfo=None)
    return found


def _texts(row: Row, mapping: IntakeMapping) -> dict[str, str]:
    texts = {key: text.format_map(row.cells).strip() for key, text in mapping.texts.items()}
    for key, longest in LONGEST_TEXT.items():
        if len(texts.get(key, "")) > longest:
            raise BadRow(f"{key} would be longer than {longest} characters")
    return texts


def _priority(row: Row, mapping: IntakeMapping, opened: datetime) -> str | None:
    column = mapping.columns.get("target")
    if column is None or not row.cells[column]:
        return mapping.priority_without_target
    hours = (_moment(row, "target", mapping) - opened).total_seconds() / 3600
    for most, priority in mapping.limits:
        if hours <= most:
            return priority
    return mapping.priority_above


def _pin(row: Row, mapping: IntakeMapping) -> tuple[float | None, float | None]:
    if "latitude" not in mapping.columns:
        return None, None
    columns = (mapping.columns["latitude"], mapping.columns["longitude"])
    texts = [row.cells[column] for column in columns]
    if not any(texts):
        return None, None
    found = []
    for text, column, limit in zip(texts, columns, (90.0, 180.0), strict=True):
        try:
            value = float(text)
        except ValueError:
            raise BadRow(f"“{text[:40]}” is not a number of degrees", column) from None
        if not -limit <= value <= limit:
            raise BadRow(f"{value:g} is not on the globe", column)
        found.append(value)
    return found[0], found[1]


def _postcode(
    row: Row, mapping: IntakeMapping, latitude: float | None, longitude: float | None
) -> str:
    column = mapping.columns.get("postcode", "")
    text = clean_zip(row.cells[column]) if column else ""
    if text and lookup_zip(text) is not None:
        return text
    if latitude is not None and longitude is not None:
        # The pin says where it is; the ZIP only gives town and time zone.
        if nearest := _nearest_zip(site_cell(latitude, longitude), latitude, longitude):
            return nearest
        raise BadRow(f"no ZIP within {NEAREST_ZIP_KM} km of {latitude:g}, {longitude:g}", column)
    if not text:
        raise BadRow("is empty, and there is no pin to find it by", column)
    raise BadRow(f"“{row.cells[column][:40]}” is not a ZIP that is known", column)


def clean_zip(text: str) -> str:
    """A ZIP as spreadsheets leave it: ``2215.0``, ``2215`` and ``02215`` are all 02215."""
    digits = text.strip()
    whole, point, rest = digits.partition(".")
    if point and not rest.strip("0"):
        digits = whole
    if digits.isascii() and digits.isdecimal() and 3 <= len(digits) < 5:
        digits = digits.zfill(5)
    return digits


_nearest: dict[int, str] = {}


def _nearest_zip(cell: int, latitude: float, longitude: float) -> str:
    """The nearest ZIP of a place, remembered by its cell (about 0.7 km²); '' when none is near."""
    if cell not in _nearest:
        if len(_nearest) > 50_000:
            _nearest.clear()
        around = zips_around(latitude, longitude, NEAREST_ZIP_KM)
        _nearest[cell] = around[0].zip if around else ""
    return _nearest[cell]
