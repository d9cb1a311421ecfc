"""Who is free when and where, worked out for a whole branch in arrays.

A technician counts for a *trade* on a day when his skills and papers let him do at least half of
what is asked for in it; for an *area* when his firm's territory holds at least half of its demand;
for a *half-day* when a visit of the trade's usual length fits into what his working hours leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, inf

import numpy as np

from jobs.console.coverage.capacity_rows import CapacityRows, ContractorRow, KindRow
from jobs.console.coverage.demand import TradeDemand
from jobs.console.coverage.period import AHEAD_DAYS, Period
from network.geo import EARTH_KM, cell_and_ancestors, cell_centre
from network.local_calendar import LocalCalendar
from network.public_holidays import public_holidays

#: Minutes of driving that each visit costs beside its work (ours; the drive itself is not known).
TRAVEL_MINUTES = 20.0
#: The least share of a trade's or an area's demand that somebody must be able to take.
ENOUGH = 0.5

HALF_DAYS = AHEAD_DAYS * 2


@dataclass(slots=True)
class Workforce:
    """The branch's technicians as arrays: rows are technicians, columns the half-days ahead.

    ``base`` are working minutes, ``free`` what the calendar leaves of them, ``visits_planned``
    how many visits and holds stand there; ``firm`` is a row's contractor by number.
    ``able`` and ``papers``: service type → last day by technician or by firm.
    ``closed`` (by firm) says that firm's reason for nothing at all then: '', or not_cleared,
    paused, holiday, notice, past.
    """

    contractors: list[ContractorRow]
    technician_ids: np.ndarray
    firm: np.ndarray
    base: np.ndarray
    free: np.ndarray
    time_off: np.ndarray
    planned_of_firm: np.ndarray
    closed: np.ndarray
    points: np.ndarray
    reach: np.ndarray
    able: dict[int, np.ndarray]
    papers: dict[int, np.ndarray]


@dataclass(slots=True)
class TradeCapacity:
    """One trade's capacity. ``rows`` are the technicians (by number) who can do the trade's work.

    ``able``: rows × days. ``free``: rows × half-days, whether a visit fits. ``visits``: firms ×
    half-days, how many the firm could make, within its most a day. ``covers``: firms × areas.
    ``technicians``: areas × half-days, how many technicians could come.
    """

    rows: np.ndarray
    firms: np.ndarray
    able: np.ndarray
    free: np.ndarray
    visits: np.ndarray
    covers: np.ndarray
    technicians: np.ndarray


def workforce(rows: CapacityRows, period: Period, holiday_calendar: str) -> Workforce:
    """Lay the branch's people out over the half-days ahead."""
    number = {row.id: index for index, row in enumerate(rows.contractors)}
    people = [row for row in rows.technicians if row[1] in number]
    row_of = {row[0]: index for index, row in enumerate(people)}
    firm = np.array([number[row[1]] for row in people], dtype=int)
    stretches = np.array(period.stretches())
    calendar = LocalCalendar(period.zone, period.ahead)
    now = period.at.timestamp() / 60
    base = np.zeros((len(people), HALF_DAYS))
    taken = np.zeros_like(base)
    time_off = np.zeros_like(base)
    planned = np.zeros((len(rows.contractors), AHEAD_DAYS))
    by_pattern: dict[str, list[int]] = {}
    for index, (_, _, pattern) in enumerate(people):
        by_pattern.setdefault(pattern, []).append(index)
    entries = [(row_of[row[0]], *row[1:]) for row in rows.entries if row[0] in row_of]
    columns = np.array([entry[:3] for entry in entries], dtype=float).reshape(-1, 3)
    is_visit = np.array([entry[3] for entry in entries], dtype=bool)
    who = columns[:, 0].astype(int)
    of_pattern = np.zeros(len(people), dtype=int)
    for code, members in enumerate(by_pattern.values()):
        of_pattern[members] = code
    for code, (pattern, members) in enumerate(by_pattern.items()):
        pieces = _pieces(calendar.shifts(pattern), stretches, now)
        minutes = np.zeros(HALF_DAYS)
        for column, start, end in pieces:
            minutes[column] += end - start
        base[members] = minutes
        mine = np.nonzero(of_pattern[who] == code)[0]
        if len(mine) == 0:
            continue
        for column, start, end in pieces:
            inside = np.minimum(columns[mine, 2], end) - np.maximum(columns[mine, 1], start)
            hit = inside > 0
            cost = inside[hit] + np.where(is_visit[mine[hit]], TRAVEL_MINUTES, 0.0)
            np.add.at(taken[:, column], who[mine[hit]], cost)
            np.add.at(
                time_off[:, column],
                who[mine[hit]],
                np.where(is_visit[mine[hit]], 0.0, inside[hit]),
            )
    days = stretches[::2, 0]
    for row, start in zip(who[is_visit], columns[is_visit, 1], strict=True):
        day = int(np.searchsorted(days, start, side="right")) - 1
        if 0 <= day < AHEAD_DAYS:
            planned[firm[row], day] += 1
    return Workforce(
        contractors=rows.contractors,
        technician_ids=np.array([row[0] for row in people], dtype=int),
        firm=firm,
        base=base,
        free=np.maximum(base - taken, 0.0),
        time_off=time_off,
        planned_of_firm=planned,
        closed=_closed(rows.contractors, period, stretches, holiday_calendar),
        points=_unit_vectors([(row.latitude, row.longitude) for row in rows.contractors]),
        reach=np.array(
            [
                inf if row.radius_km is None else cos(row.radius_km / EARTH_KM)
                for row in rows.contractors
            ]
        ),
        able=_by_kind(rows.able, row_of, len(people), missing=-1),
        papers=_by_kind(rows.papers, number, len(rows.contractors), missing=AHEAD_DAYS),
    )


def _by_kind(
    rows: Sequence[tuple[int, int, int]], number: dict[int, int], size: int, *, missing: int
) -> dict[int, np.ndarray]:
    """Service type → last day ahead, laid out by number."""
    found: dict[int, np.ndarray] = {}
    for key, kind, day in rows:
        if key in number:
            if kind not in found:
                found[kind] = np.full(size, missing)
            found[kind][number[key]] = day
    return found


def _pieces(
    shifts: Sequence[tuple[int, int]], stretches: np.ndarray, now: float
) -> list[tuple[int, float, float]]:
    """(half-day, start, end) of working time still to come."""
    found = []
    for column, (first, last) in enumerate(stretches.tolist()):
        for start, end in shifts:
            begin, finish = max(start, first, now), min(end, last)
            if finish > begin:
                found.append((column, begin, finish))
    return found


def _closed(
    contractors: list[ContractorRow], period: Period, stretches: np.ndarray, holiday_calendar: str
) -> np.ndarray:
    """Why a firm takes nothing in a half-day: the first reason that holds, or ''."""
    now = period.at.timestamp() / 60
    closed = np.full((len(contractors), HALF_DAYS), "", dtype="<U12")
    days = period.days
    free_days = (
        public_holidays(holiday_calendar, days[0], days[-1])
        if any(not row.works_on_holidays for row in contractors)
        else {}
    )
    ends = stretches[:, 1]
    for index, row in enumerate(contractors):
        if row.notice_minutes:
            closed[index, ends <= now + row.notice_minutes] = "notice"
        if not row.works_on_holidays:
            for day_number, day in enumerate(days):
                if day in free_days:
                    closed[index, day_number * 2 : day_number * 2 + 2] = "holiday"
        if row.paused_until is not None and row.paused_until > period.at:
            closed[index, stretches[:, 0] < row.paused_until.timestamp() / 60] = "paused"
        if not row.is_active:
            closed[index, :] = "paused"
        cleared = -1 if row.cleared_until is None else (row.cleared_until - days[0]).days
        closed[index, max(0, cleared + 1) * 2 :] = "not_cleared"
    return closed


def trade_capacity(
    work: Workforce, demand: TradeDemand, kinds: dict[int, KindRow]
) -> TradeCapacity:
    """What the workforce can do for one trade."""
    able = _able(work, demand, kinds)
    chosen = np.nonzero(able.any(axis=1))[0]
    able = able[chosen]
    firms, of_firm = np.unique(work.firm[chosen], return_inverse=True)
    covers = _covers(work, firms, demand)
    duration = max(demand.minutes, 5.0)
    # Room for n visits needs n times the work and the drives between them.
    room = np.floor((work.free[chosen] + TRAVEL_MINUTES) / (duration + TRAVEL_MINUTES))
    room *= np.repeat(able, 2, axis=1)
    room *= work.closed[work.firm[chosen]] == ""
    visits = np.zeros((len(firms), HALF_DAYS))
    np.add.at(visits, of_firm, room)
    limits = np.array(
        [
            inf if work.contractors[firm].most_jobs_a_day is None
            else work.contractors[firm].most_jobs_a_day
            for firm in firms
        ],
        dtype=float,
    )  # fmt: skip
    left = np.maximum(limits[:, None] - work.planned_of_firm[firms], 0.0)
    by_day = visits.reshape(len(firms), AHEAD_DAYS, 2)
    whole = by_day.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(whole > left, left / np.where(whole > 0, whole, 1.0), 1.0)
    visits = (by_day * share[:, :, None]).reshape(len(firms), HALF_DAYS)
    free = (room >= 1) & (np.repeat(left > 0, 2, axis=1)[of_firm])
    free_of_firm = np.zeros((len(firms), HALF_DAYS))
    np.add.at(free_of_firm, of_firm, free)
    return TradeCapacity(
        rows=chosen,
        firms=firms,
        able=able,
        free=free,
        visits=visits,
        covers=covers,
        technicians=(covers.astype(float).T @ free_of_firm).round().astype(int),
    )


def _able(work: Workforce, demand: TradeDemand, kinds: dict[int, KindRow]) -> np.ndarray:
    """Technicians × days: whether skills and papers reach for enough of the trade's work."""
    days = np.arange(AHEAD_DAYS)
    share = np.zeros((len(work.technician_ids), AHEAD_DAYS))
    for kind, weight in demand.kinds.items():
        if kinds[kind].skills == 0:
            last = np.full(len(work.technician_ids), AHEAD_DAYS)
        elif kind in work.able:
            last = work.able[kind]
        else:
            continue
        if kind in work.papers:
            last = np.minimum(last, work.papers[kind][work.firm])
        share += weight * (last[:, None] >= days)
    return share >= ENOUGH - 1e-9


def _covers(work: Workforce, firms: np.ndarray, demand: TradeDemand) -> np.ndarray:
    """Firms × areas: whether the territory holds enough of the area's demand."""
    cells = list(demand.cells)
    if not cells or not len(firms):
        return np.zeros((len(firms), len(demand.areas)), dtype=bool)
    shares = np.zeros((len(cells), len(demand.areas)))
    for index, cell in enumerate(cells):
        area, share = demand.cells[cell]
        shares[index, area] = share
    centres = _unit_vectors([cell_centre(cell) for cell in cells])
    inside = work.points[firms] @ centres.T >= work.reach[firms][:, None]
    for index, firm in enumerate(firms):
        packed = work.contractors[firm].packed_cells
        if work.contractors[firm].radius_km is None:
            held = set(np.frombuffer(packed or b"", dtype=">i8").tolist())
            inside[index] = [not held.isdisjoint(cell_and_ancestors(cell)) for cell in cells]
    return inside.astype(np.float32) @ shares.astype(np.float32) >= ENOUGH - 1e-4


def _unit_vectors(places: Sequence[tuple[float, float]]) -> np.ndarray:
    """Places as points on the unit sphere: their dot product is the cosine of their distance."""
    if not places:
        return np.zeros((0, 3))
    radians = np.radians(np.array(places, dtype=float))
    latitude, longitude = radians[:, 0], radians[:, 1]
    return np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ],
        axis=1,
    )
