"""What the coverage page shows, worked out from a branch's coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from jobs.console.coverage.capacity import HALF_DAYS
from jobs.console.coverage.map import area_places, coverage_map
from jobs.console.coverage.period import DEMAND_DAYS, HALVES
from jobs.console.coverage.view import FEW, LEAST_NEED, Coverage, Gap, TradeCoverage
from jobs.console.coverage.words import (
    REASONS,
    count_words,
    gap_sentence,
    seen_words,
    technicians_words,
)
from network.area_names import area_key, area_of_cell
from network.display import trade_name
from network.geo import lookup_zip, site_cell
from network.models import Branch

WEEK = 7
#: Rows of the grid; what lies beyond is found by searching.
MOST_AREAS = 40
#: Gaps in the list at first.
MOST_GAPS = 12
#: From so many technicians on, coverage is called good; up to so many it is thin (ours).
GOOD, THIN = 6, 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One area and half-day of the grid."""

    technicians: int
    tone: str
    label: str
    url: str
    is_selected: bool
    starts_day: bool


@dataclass(frozen=True, slots=True)
class Row:
    area: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class GapLine:
    """One line of the list of gaps, the same weekday of both weeks together."""

    sentence: str
    note: str
    tone: str
    url: str
    is_selected: bool
    who_url: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The half-day that was picked: what is needed, who could come, and why others cannot."""

    area: str
    when: str
    needed: str
    expected: str
    seen: str
    technicians: str
    tone: str
    room: str
    reasons: list[str]
    who_url: str


class CoveragePage:
    """The page's figures for one trade; the address says which, and what is picked."""

    def __init__(self, coverage: Coverage, branch: Branch, query: QueryDict) -> None:
        self.coverage = coverage
        self.branch = branch
        self.query = query
        wanted = query.get("trade", "")
        gaps = {name: len(trade.gaps) for name, trade in coverage.trades.items()}
        usual = max(gaps, key=lambda name: (gaps[name], name), default="")
        self.trade = wanted if wanted in coverage.trades else usual
        self.week = 2 if query.get("week") == "2" else 1
        self.search = query.get("q", "").replace("\0", "").strip()[:60]
        self.show_all = query.get("gaps") == "all"

    @property
    def shown(self) -> TradeCoverage | None:
        return self.coverage.trades.get(self.trade)

    def context(self) -> dict[str, Any]:
        shown = self.shown
        context: dict[str, Any] = {
            "page": self,
            "trades": self._trades(),
            "total_gaps": sum(len(trade.gaps) for trade in self.coverage.trades.values()),
            "demand_days": DEMAND_DAYS,
            "search": self.search,
            "week": self.week,
            "weeks": [
                {"number": n, "words": self._week_words(n), "url": self._with(week=str(n), at=None)}
                for n in (1, 2)
            ],
        }
        if shown is None:
            return context
        areas = self._areas(shown)
        lines = self._gap_lines(shown)
        picked = self._picked(shown)
        context |= {
            "name": trade_name(self.trade),
            "days": self._days(),
            "rows": [self._row(shown, area) for area in areas],
            "more_areas": 0 if self.search else max(0, len(shown.demand.areas) - MOST_AREAS),
            "gaps": lines if self.show_all else lines[:MOST_GAPS],
            "more_gaps": 0 if self.show_all else max(0, len(lines) - MOST_GAPS),
            "all_gaps_url": self._with(gaps="all"),
            "chosen": None if picked is None else self._chosen(shown, *picked),
            "map": self._map(shown, picked),
            "map_words": self._map_words(picked),
        }
        return context

    # -- addresses ---------------------------------------------------------------------------------

    def _with(self, **changes: str | None) -> str:
        query = self.query.copy()
        query["trade"] = self.trade
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = value
        return f"?{query.urlencode()}"

    def who_url(self, area: str, trade: str = "") -> str:
        """The list of contractors who do the trade's work there."""
        try:
            address = reverse("console:contractors", kwargs={"branch": self.branch.slug})
        except NoReverseMatch:
            return ""
        query = QueryDict(mutable=True)
        query["trade"] = trade or self.trade
        query["area"] = area
        return f"{address}?{query.urlencode()}"

    # -- parts -------------------------------------------------------------------------------------

    def _trades(self) -> list[dict[str, Any]]:
        return [
            {
                "name": trade_name(name),
                "gaps": len(self._merged(trade.gaps)),
                "url": f"?trade={name}",
                "current": name == self.trade,
            }
            for name, trade in self.coverage.trades.items()
        ]

    def _week_words(self, number: int) -> str:
        days = self.coverage.period.days[(number - 1) * WEEK : number * WEEK]
        return (
            f"{days[0]:%a} {days[0].day} {days[0]:%b} to {days[-1]:%a} {days[-1].day} {days[-1]:%b}"
        )

    def _columns(self) -> range:
        first = (self.week - 1) * WEEK * 2
        return range(first, first + WEEK * 2)

    def _days(self) -> list[str]:
        days = self.coverage.period.days[(self.week - 1) * WEEK : self.week * WEEK]
        return [f"{day:%a} {day.day}" for day in days]

    def _areas(self, shown: TradeCoverage) -> list[int]:
        """Numbers of the areas in the grid: what was searched for, else the busiest, by name."""
        names = shown.demand.areas
        if self.search:
            place = lookup_zip(self.search)
            if place is not None:
                wanted = area_of_cell(site_cell(place.latitude, place.longitude))
                return [number for number, name in enumerate(names) if name == wanted]
            text = self.search.casefold()
            return [number for number, name in enumerate(names) if text in name.casefold()]
        weight = shown.needed.sum(axis=1) + shown.lacking.sum(axis=1)
        return sorted(np.argsort(-weight, kind="stable")[:MOST_AREAS].tolist())

    def _row(self, shown: TradeCoverage, area: int) -> Row:
        name = shown.demand.areas[area]
        selected = self.query.get("area"), self.query.get("at")
        cells = []
        for column in self._columns():
            day, half = self._when(column)
            at = f"{day.isoformat()}-{half}"
            technicians = int(shown.capacity.technicians[area, column])
            needed, lacking = shown.needed[area, column], shown.lacking[area, column]
            cells.append(
                Cell(
                    technicians=technicians,
                    tone=tone_of(technicians, needed, lacking),
                    label=(
                        f"{name}, {day:%a} {day.day} {half}: {technicians_words(technicians)}, "
                        f"{count_words(needed)} to place"
                    ),
                    url=self._with(area=area_key(name), at=at),
                    is_selected=selected == (area_key(name), at),
                    starts_day=column % 2 == 0,
                )
            )
        return Row(name, cells)

    def _when(self, column: int) -> tuple[date, str]:
        return self.coverage.period.days[column // 2], HALVES[column % 2]

    def _merged(self, gaps: list[Gap]) -> list[tuple[Gap, list[date]]]:
        """The same gap in both weeks is one line."""
        found: dict[tuple[object, ...], tuple[Gap, list[date]]] = {}
        for gap in gaps:
            key = (gap.area, gap.day.weekday(), gap.halves, gap.technicians, round(gap.jobs))
            if key in found:
                found[key][1].append(gap.day)
                found[key][1].sort()
            else:
                found[key] = (gap, [gap.day])
        return list(found.values())

    def _gap_lines(self, shown: TradeCoverage) -> list[GapLine]:
        lines = []
        for gap, days in self._merged(shown.gaps):
            number = self.coverage.period.days.index(gap.day)
            at = f"{gap.day.isoformat()}-{gap.halves[0]}"
            lines.append(
                GapLine(
                    sentence=gap_sentence(gap, days),
                    note=seen_words(gap.seen, DEMAND_DAYS) if gap.is_vague else "",
                    tone="is-bad" if gap.technicians == 0 or gap.lacking >= 1 else "is-warn",
                    url=self._with(
                        area=area_key(gap.area), at=at, week="2" if number >= WEEK else "1"
                    ),
                    is_selected=(self.query.get("area"), self.query.get("at"))
                    == (area_key(gap.area), at),
                    who_url=self.who_url(gap.area),
                )
            )
        return lines

    # -- the picked half-day -----------------------------------------------------------------------

    def _picked(self, shown: TradeCoverage) -> tuple[int, int] | None:
        """Area and half-day by number; None when nothing that is there was picked."""
        keys = [area_key(name) for name in shown.demand.areas]
        area, at = self.query.get("area", ""), self.query.get("at", "")
        for column in range(HALF_DAYS):
            day, half = self._when(column)
            if f"{day.isoformat()}-{half}" == at and area in keys:
                return keys.index(area), column
        return None

    def _chosen(self, shown: TradeCoverage, area: int, column: int) -> Chosen:
        demand, name = shown.demand, shown.demand.areas[area]
        day, half = self._when(column)
        technicians = int(shown.capacity.technicians[area, column])
        needed, lacking = shown.needed[area, column], shown.lacking[area, column]
        booked, waiting = int(demand.booked[area, column]), int(demand.waiting[area, column])
        expected = demand.expected[area, day.weekday(), HALVES.index(half)]
        seen = int(demand.seen[area, day.weekday(), HALVES.index(half)])
        parts = [f"{count_words(expected)} expected"]
        if booked:
            parts.append(f"{booked} booked already")
        if waiting:
            parts.append(f"{waiting} promised and waiting")
        part = "morning" if half == "am" else "afternoon"
        room = needed - lacking
        return Chosen(
            area=name,
            when=f"{day:%A} {day.day} {day:%b}, {part}",
            needed=count_words(needed),
            expected=", ".join(parts),
            seen=seen_words(seen, DEMAND_DAYS) if seen < FEW else f"{seen} in {DEMAND_DAYS} days",
            technicians=technicians_words(technicians),
            tone=tone_of(technicians, needed, lacking) or "is-quiet",
            room=(
                f"Shared with the other areas they cover, there is room for {round(room)} of "
                f"{round(needed)}."
                if technicians and lacking >= LEAST_NEED and needed >= 1
                else ""
            ),
            reasons=self._reasons(shown, area, column),
            who_url=self.who_url(name),
        )

    def _reasons(self, shown: TradeCoverage, area: int, column: int) -> list[str]:
        """How many who do this work there cannot come, by reason: ``6 booked``."""
        capacity, work = shown.capacity, self.coverage.work
        number = np.full(len(work.contractors), -1)
        number[capacity.firms] = np.arange(len(capacity.firms))
        firms = work.firm[capacity.rows]
        here = capacity.covers[number[firms], area] & ~capacity.free[:, column]
        counts = dict.fromkeys(REASONS, 0)
        for row in np.nonzero(here)[0].tolist():
            technician, firm = int(capacity.rows[row]), int(firms[row])
            counts[_reason(shown, work, row, technician, firm, column)] += 1
        return [f"{count} {REASONS[reason]}" for reason, count in counts.items() if count]

    # -- the map -----------------------------------------------------------------------------------

    def _map(self, shown: TradeCoverage, picked: tuple[int, int] | None) -> SafeString:
        columns = list(self._columns()) if picked is None else [picked[1]]
        tones: dict[str, str] = {}
        for area, name in enumerate(shown.demand.areas):
            ranked = [
                tone_of(
                    int(shown.capacity.technicians[area, column]),
                    shown.needed[area, column],
                    shown.lacking[area, column],
                )
                for column in columns
                if shown.needed[area, column] >= LEAST_NEED or picked is not None
            ]
            tones[name] = min(ranked, key=_TONES.index, default="")
        return coverage_map(area_places(shown.demand), tones, self._map_title(tones))

    def _map_title(self, tones: Mapping[str, str]) -> str:
        bad = [name for name, tone in tones.items() if tone == "is-bad"]
        thin = [name for name, tone in tones.items() if tone == "is-warn"]
        return (
            f"Map: not enough in {_listed(bad)}; thin in {_listed(thin)}"
            if bad or thin
            else "Map: enough everywhere"
        )

    def _map_words(self, picked: tuple[int, int] | None) -> tuple[str, str]:
        if picked is None:
            return self._week_words(self.week), "Each area by its worst half-day with demand."
        day, half = self._when(picked[1])
        part = "morning" if half == "am" else "afternoon"
        return f"{day:%a} {day.day} {day:%b}, {part}.", "The half-day picked in the grid."


_TONES = ["is-bad", "is-warn", "", "is-good"]


def tone_of(technicians: int, needed: float, lacking: float) -> str:
    """Bad: nobody, or room for less than half of what is needed. Warn: thin, or not enough.

    Where nobody is needed, nobody is missing.
    """
    if needed < LEAST_NEED and technicians <= THIN:
        return ""
    if technicians == 0:
        return "is-bad"
    if lacking >= max(1.0, needed / 2):
        return "is-bad"
    if lacking >= 0.5 or technicians <= THIN:
        return "is-warn"
    return "is-good" if technicians >= GOOD else ""


def _reason(
    shown: TradeCoverage, work: Any, row: int, technician: int, firm: int, column: int
) -> str:
    closed = str(work.closed[firm, column])
    if closed:
        return closed
    if not shown.capacity.able[row, column // 2]:
        return "skill"
    if work.base[technician, column] < shown.demand.minutes:
        return "not_working"
    if work.base[technician, column] - work.time_off[technician, column] < shown.demand.minutes:
        return "time_off"
    most = work.contractors[firm].most_jobs_a_day
    if most is not None and work.planned_of_firm[firm, column // 2] >= most:
        return "limit"
    return "booked"


def _listed(names: list[str]) -> str:
    if not names:
        return "no area"
    shown = names[:6]
    if len(names) > 6:
        shown.append(f"{len(names) - 6} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
