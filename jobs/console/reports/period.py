"""The period of a report: whole local days of the branch, and as many days before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from network.display import trade_name
from network.models import Branch

#: What the page offers; the number is of days up to and with today.
CHOICES = [
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("month", "this month"),
    ("last-month", "last month"),
]
DEFAULT = "30"
#: A longer one would say little about how things are now, and reads the whole history.
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """``first`` to ``last``, both included, as days of ``zone``."""

    first: date
    last: date
    zone: str
    key: str = "custom"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The first moment of the period (aware)."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after the period (aware)."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> Period:
        """As many days just before, to compare with."""
        return Period(
            self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.zone
        )

    @property
    def unit(self) -> str:
        """What one column of a chart stands for: ``day``, ``week`` or ``month``."""
        if self.days <= 14:
            return "day"
        return "week" if self.days <= 120 else "month"

    def buckets(self) -> list[date]:
        """The first days of all columns, also of those in which nothing happened."""
        day = bucket_of(self.first, self.unit)
        found = []
        while day <= self.last:
            found.append(day)
            day = _next(day, self.unit)
        return found

    def part(self, bucket: date) -> Period:
        """The days of one column that lie in the period."""
        return Period(
            max(self.first, bucket),
            min(self.last, _next(bucket, self.unit) - timedelta(days=1)),
            self.zone,
        )

    @property
    def label(self) -> str:
        """``2 Nov`` or ``2–15 Nov 2026``, as pages write it."""
        first, last = self.first, self.last
        if first == last:
            return f"{first:%a} {first.day} {first:%b %Y}"
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{last.day} {last:%b %Y}"
        if first.year == last.year:
            return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"

    @property
    def short_label(self) -> str:
        """Under a column of a chart."""
        return f"{self.first:%b}" if self.days > 14 else f"{self.first.day} {self.first:%b}"


def bucket_of(day: date, unit: str) -> date:
    """The first day of the column that ``day`` falls into; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _next(day: date, unit: str) -> date:
    if unit == "month":
        return (day + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if unit == "week" else 1)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone))


class ReportForm(forms.Form):
    """Period and trade of a report, from the address. Whatever is wrong is said, and left out."""

    period = forms.ChoiceField(choices=CHOICES, required=False)
    first = forms.DateField(required=False, error_messages={"invalid": "Write it as 2026-11-24."})
    last = forms.DateField(required=False, error_messages={"invalid": "Write it as 2026-11-24."})

    def __init__(self, data: Any, *, branch: Branch, trades: list[str], at: datetime) -> None:
        super().__init__(data)
        self.branch = branch
        self.today = at.astimezone(branch.zone).date()
        choices = [("", "All trades"), *((one, trade_name(one)) for one in trades)]
        self.fields["trade"] = forms.ChoiceField(choices=choices, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and not last and "last" not in self.errors:
            last = cleaned["last"] = max(first, self.today)
        if last and not first and "first" not in self.errors:
            self.add_error("first", "Say from which day.")
        elif first and last and first > last:
            self.add_error("last", "The last day lies before the first.")
        elif first and last and (last - first).days >= LONGEST_DAYS:
            self.add_error("last", "A report covers a year at most.")
        return cleaned

    @property
    def chosen(self) -> Period:
        """The period asked for; the default where it cannot be used."""
        cleaned = self.cleaned_data if self.is_bound and self.is_valid() else {}
        first, last = cleaned.get("first"), cleaned.get("last")
        zone = self.branch.time_zone
        if first and last:
            return Period(first, last, zone)
        key = cleaned.get("period") or DEFAULT
        this_month = self.today.replace(day=1)
        if key == "month":
            return Period(this_month, self.today, zone, key)
        if key == "last-month":
            ended = this_month - timedelta(days=1)
            return Period(ended.replace(day=1), ended, zone, key)
        return Period(self.today - timedelta(days=int(key) - 1), self.today, zone, key)

    @property
    def chosen_trade(self) -> str | None:
        """None: all trades."""
        cleaned = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return cleaned.get("trade") or None

    @property
    def problems(self) -> list[str]:
        return [str(text) for errors in self.errors.values() for text in errors]
