"""What a row becomes: ZIPs, priorities, windows, shifted dates."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest

from jobs.intake.drafts import Draft, clean_zip, draw_window
from jobs.intake.mapping import IntakeMapping
from jobs.intake.service import Report, read_drafts
from tests.intake.conftest import csv_of, line

TODAY = date(2026, 11, 2)


def read(mapping: IntakeMapping, *lines: str) -> tuple[list[Draft], Report]:
    report = Report()
    stream = BytesIO(csv_of(*lines))
    return list(read_drafts(stream, mapping=mapping, report=report, today=TODAY)), report


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2215.0", "02215"),
        ("2215", "02215"),
        ("02215", "02215"),
        (" 02215 ", "02215"),
        ("02215-1234", "02215-1234"),
        ("501", "00501"),
        ("2215.5", "2215.5"),
        ("", ""),
        ("Boston", "Boston"),
    ],
)
def test_zips_that_lost_their_zero_get_it_back(text: str, expected: str) -> None:
    assert clean_zip(text) == expected


def test_a_day_is_replayed_as_tomorrow_at_its_own_local_time(mapping: IntakeMapping) -> None:
    [draft], _ = read(mapping, line(opened="08/03/2015 09:15:00 AM"))
    assert draft.opened_at == datetime(2026, 11, 3, 9, 15, tzinfo=mapping.zone)
    assert draft.external_ref == "boston311:101"
    assert draft.postcode == "02118"
    assert draft.texts["address"] == "Roxbury, at the pin"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("08/04/2015 10:15:00 AM", "emergency"),  # 25 h
        ("08/04/2015 10:16:00 AM", "urgent"),
        ("08/10/2015 09:15:00 AM", "urgent"),  # 168 h
        ("08/10/2015 09:16:00 AM", "standard"),
        ("08/18/2015 09:15:00 AM", "standard"),  # 360 h
        ("08/18/2015 09:16:00 AM", "low"),
        ("08/03/2016 09:15:00 AM", "low"),
        ("", None),
    ],
)
def test_the_priority_follows_from_the_time_to_target(
    mapping: IntakeMapping, target: str, expected: str | None
) -> None:
    [draft], _ = read(mapping, line(target=target))
    assert draft.priority == expected


def test_windows_are_drawn_the_same_for_the_same_request(mapping: IntakeMapping) -> None:
    lines = [line(str(number), target="08/30/2015 09:15:00 AM") for number in range(200)]
    first, _ = read(mapping, *lines)
    again, _ = read(mapping, *reversed(lines))
    by_ref = {draft.external_ref: draft for draft in again}
    assert all(by_ref[draft.external_ref].window_start == draft.window_start for draft in first)
    assert len({draft.window_start for draft in first}) == 15, "three windows on five days"
    for draft in first:
        assert draft.window_end - draft.window_start == timedelta(hours=4)
        assert draft.window_start.date() > date(2026, 11, 3)
        assert draft.window_start.date() <= date(2026, 11, 10)
        assert draft.window_start.weekday() < 5


def test_an_emergency_keeps_to_its_day_while_one_of_its_windows_is_left(
    mapping: IntakeMapping,
) -> None:
    for hour in range(24):
        opened = datetime(2026, 11, 3, hour, 0)
        for number in range(20):
            start, end = draw_window(mapping, str(number), opened, "emergency")
            assert end.replace(tzinfo=None) - opened >= timedelta(hours=2)
            if hour <= 18:
                assert start.date() == opened.date()
            else:
                assert start.replace(tzinfo=None) == datetime(2026, 11, 4, 8)


def test_a_pin_without_zip_takes_the_nearest_and_a_zip_without_pin_is_enough(
    mapping: IntakeMapping,
) -> None:
    drafts, report = read(mapping, line("1", zip_code=""), line("2", latitude="", longitude=""))
    assert [draft.postcode for draft in drafts] == ["02118", "02118"]
    assert drafts[1].latitude is None
    assert report.rejected == []


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"opened": "2015-08-03"}, "OPEN_DT", "does not read as the date format"),
        ({"opened": ""}, "OPEN_DT", "is empty"),
        ({"opened": "12/31/9999 09:15:00 AM"}, "OPEN_DT", "lies outside 1970 to 2200"),
        ({"target": "soon"}, "TARGET_DT", "does not read as the date format"),
        ({"case": ""}, "CASE_ENQUIRY_ID", "is empty"),
        ({"case": "9" * 71}, "CASE_ENQUIRY_ID", "longer than 70"),
        ({"kind": "Unicorns"}, "TYPE", "no service type for “Unicorns”"),
        ({"latitude": "north"}, "LATITUDE", "not a number of degrees"),
        ({"latitude": "nan"}, "LATITUDE", "not on the globe"),
        ({"longitude": "-271"}, "LONGITUDE", "not on the globe"),
        ({"zip_code": "", "latitude": "", "longitude": ""}, "LOCATION_ZIPCODE", "is empty"),
        ({"zip_code": "99", "latitude": "", "longitude": ""}, "LOCATION_ZIPCODE", "not a ZIP"),
        (
            {"zip_code": "", "latitude": "10", "longitude": "10"},
            "LOCATION_ZIPCODE",
            "no ZIP within",
        ),
    ],
)
def test_a_bad_row_says_line_column_and_reason_and_stops_nobody(
    mapping: IntakeMapping, changes: dict[str, str], column: str, words: str
) -> None:
    drafts, report = read(mapping, line("1"), line(**{"case": "2", **changes}), line("3"))
    assert [draft.line for draft in drafts] == [2, 4]
    [rejected] = report.rejected
    assert (rejected["line"], rejected["column"]) == (3, column)
    assert words in rejected["reason"]
