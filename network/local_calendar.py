"""Local days and weekly hours as minutes since the epoch. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FOREVER = 1 << 40


class LocalCalendar:
    """Turns weekly local working hours into stretches of minutes since the epoch.

    A start in the hour that a spring night skips counts from the hour after it, a start in the hour
    that an autumn night repeats from the first time round, an end until the second.
    """

    __slots__ = ("_days", "_minutes", "_patterns", "zone")

    def __init__(self, zone: ZoneInfo, span: tuple[datetime, datetime]) -> None:
        self.zone = zone
        first = span[0].astimezone(zone).date() - timedelta(days=1)
        last = span[1].astimezone(zone).date() + timedelta(days=1)
        self._days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self._patterns: dict[str, list[tuple[int, int]]] = {}
        self._minutes: dict[tuple[date, int, int], int] = {}

    def minute(self, day: date, minute_of_day: int, fold: int = 0) -> int:
        """Minutes since the epoch at a local time of day."""
        key = (day, minute_of_day, fold)
        known = self._minutes.get(key)
        if known is None:
            hour, minute = divmod(minute_of_day, 60)
            local = datetime(
                day.year, day.month, day.day, hour, minute, tzinfo=self.zone, fold=fold
            )
            known = self._minutes[key] = int(local.astimezone(UTC).timestamp() // 60)
        return known

    def end_of(self, day: date) -> int:
        """The first minute after the local day."""
        if day >= date.max - timedelta(days=1):
            return FOREVER
        return self.minute(day + timedelta(days=1), 0)

    def day_of(self, moment: datetime) -> date:
        """The local day of an aware moment."""
        return moment.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        return self._days[0]

    @property
    def last_day(self) -> date:
        return self._days[-1]

    def shifts(self, pattern: str) -> list[tuple[int, int]]:
        """Working stretches over the span for a weekly pattern; touching ones are one."""
        known = self._patterns.get(pattern)
        if known is None:
            known = self._patterns[pattern] = self._expand(pattern)
        return known

    def _expand(self, pattern: str) -> list[tuple[int, int]]:
        if not pattern:
            return []
        week: dict[int, list[tuple[int, int]]] = {}
        for part in pattern.split(","):
            weekday, starts, ends = map(int, part.split())
            week.setdefault(weekday, []).append((starts, ends))
        stretches: list[tuple[int, int]] = []
        for day in self._days:
            for starts, ends in week.get(day.weekday(), ()):
                last_day = day if ends > starts else day + timedelta(days=1)
                stretches.append((self.minute(day, starts), self.minute(last_day, ends, 1)))
        stretches.sort()
        merged: list[tuple[int, int]] = []
        for start, end in stretches:
            if end <= start:  # lies wholly in the hour that a spring night skips
                continue
            if merged and start <= merged[-1][1]:
                if end > merged[-1][1]:
                    merged[-1] = (merged[-1][0], end)
            else:
                merged.append((start, end))
        return merged
