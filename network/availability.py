"""Who can do a job, and when: facts read once for a whole batch, then answered in memory.

``Availability.load`` reads a fixed number of queries for any number of contractors and jobs;
``best_slot`` is then pure computation, so that a batch of hundreds of jobs can be placed without
asking the database again. ``take`` reserves a slot in memory, so that the batch does not promise
the same time twice; the exclusion constraint has the last word when the holds are written.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from operator import itemgetter

from network.availability_facts import ContractorFacts, Refusal, Slot, WorkOrder
from network.availability_loader import (
    ContractorRecord,
    Facts,
    ceil_minute,
    floor_minute,
    load_facts,
)
from network.geo import cell_and_ancestors, cell_centre, distance_km
from network.sentences import RefusalSentences
from network.slots import NOT_WORKING, Entry, Start, find_start
from network.wishes import Limits, limits_of, without

CENT = Decimal("0.01")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_start_of = itemgetter(0)


__all__ = ["RULES", "Availability", "ContractorFacts", "Refusal", "Slot", "WorkOrder"]

RULES = (
    "not_active",
    "not_cleared",
    "outside_territory",
    "blocked_by_client",
    "refuses_client",
    "skill_missing",
    "skill_level_too_low",
    "notice_too_short",
    "not_working",
    "daily_limit",
    "fully_booked",
)


class Availability:
    """The state of some contractors' calendars, read at one moment."""

    __slots__ = (
        "_contractors",
        "_facts",
        "_families",
        "_levels",
        "_required",
        "_sentences",
        "_sites",
        "at",
    )

    def __init__(self, facts: Facts, at: datetime) -> None:
        self.at = at
        self._facts = facts
        self._contractors: dict[int, ContractorRecord] = facts.contractors
        self._required = facts.required_skills
        self._sentences = RefusalSentences(facts)
        self._sites: dict[int, tuple[float, float]] = {}
        self._families: dict[int, frozenset[int]] = {}
        self._levels: dict[int, int] = {
            service_type_id: max((level for _, level in skills), default=1)
            for service_type_id, skills in facts.required_skills.items()
        }

    @classmethod
    def load(
        cls,
        *,
        branch_id: int,
        contractor_ids: Collection[int],
        span: tuple[datetime, datetime],
        service_type_ids: Collection[int],
        client_ids: Collection[int | None],
        at: datetime,
    ) -> Availability:
        """Read all that ``best_slot`` needs for these contractors, in six queries.

        ``span`` covers the windows of every work order that will be asked about, durations
        included; outside it calendars count as unknown, so ``best_slot`` raises ValueError.
        """
        facts = load_facts(
            branch_id=branch_id,
            contractor_ids=contractor_ids,
            span=span,
            service_type_ids=service_type_ids,
            client_ids=client_ids,
        )
        return cls(facts, at)

    # -- facts ---------------------------------------------------------------------------------

    def __contains__(self, contractor_id: int) -> bool:
        return contractor_id in self._contractors

    def contractor(self, contractor_id: int) -> ContractorFacts:
        """The contractor's facts. Raises KeyError for one that was not loaded."""
        record = self._contractors[contractor_id]
        return ContractorFacts(
            id=record.id,
            name=record.name,
            status=record.status,
            cleared_until=record.cleared_until,
            tier=record.tier,
            call_out_fee=record.call_out_fee,
            hourly_rate=record.hourly_rate,
            contact_from=record.contact_from,
            contact_until=record.contact_until,
            email=record.email,
            phone=record.phone,
        )

    def technician_name(self, technician_id: int) -> str:
        """Raises KeyError for a technician that was not loaded or is not active."""
        return self._facts.technicians[technician_id].name

    def pay_for(
        self,
        contractor_id: int,
        duration_minutes: int,
        *,
        service_type_id: int | None = None,
        client_id: int | None = None,
        starts_at: datetime | None = None,
    ) -> Decimal:
        """What the contractor gets for a visit of the planned length, in cents.

        The client's fixed price for the service counts first, then the contractor's rate card for
        it, then the contractor's own call-out fee and hourly rate; by the hour half a cent rounds
        up. Prices are those of the local day of ``starts_at`` (default: of the moment of loading).
        Only services and clients that were loaded are known; without ``service_type_id`` the
        contractor's own rates count.
        """
        record = self._contractors[contractor_id]
        fee, hourly = record.call_out_fee, record.hourly_rate
        if service_type_id is not None:
            cards = record.rates.get(service_type_id)
            prices = (
                None
                if client_id is None
                else self._facts.client_prices.get((client_id, service_type_id))
            )
            if cards or prices:
                day = self._facts.calendar.day_of(starts_at or self.at)
                for valid_from, amount in prices or ():
                    if valid_from <= day:
                        return amount
                for card in cards or ():
                    if card.valid_from <= day:
                        if card.fixed_price is not None:
                            return card.fixed_price
                        fee, hourly = card.call_out_fee, card.hourly_rate
                        break
        hours = Decimal(duration_minutes) / 60
        return (fee + hourly * hours).quantize(CENT, rounding=ROUND_HALF_UP)

    def required_level(self, service_type_id: int) -> int:
        """The highest level that the service type asks for in any skill; 1 when it asks none."""
        return self._levels[service_type_id]

    def is_preferred(self, contractor_id: int, client_id: int | None) -> bool:
        """Whether the client would rather have this contractor."""
        return (client_id, contractor_id) in self._facts.preferred

    # -- slots ---------------------------------------------------------------------------------

    def best_slot(
        self,
        work: WorkOrder,
        contractor_id: int,
        *,
        not_before: datetime,
        technician_id: int | None = None,
        check_territory: bool = True,
        check_wishes: bool | None = None,
    ) -> Slot | Refusal:
        """The contractor's best technician's earliest start for the work, or why there is none.

        Best is the technician with the shortest drive, then the highest skill level, then the
        earliest start. ``not_before`` is the earliest moment at which anybody could set off;
        ``technician_id`` asks about that technician only; without ``check_territory`` a site
        outside the territory is no obstacle (a dispatcher assigns by hand), and neither are pauses
        and the other wishes of ``network.wishes``, unless ``check_wishes`` is true. Raises KeyError
        for a contractor or service type that was not loaded, ValueError outside the loaded span.
        """
        facts = self._facts
        record = self._contractors[contractor_id]
        say = self._sentences
        if check_wishes is None:
            check_wishes = check_territory
        if record.status != "active":
            return Refusal("not_active", say.not_active(record))
        if check_wishes and record.paused_until is not None and self.at < record.paused_until:
            return Refusal("not_active", say.paused(record.paused_until, self.at))
        window_start = ceil_minute(work.window_start)
        window_end = floor_minute(work.window_end)
        if window_start > window_end:  # an exact start within one minute
            window_start = window_end
        duration = work.duration_minutes
        if window_start < facts.span_start or window_end + duration > facts.span_end:
            raise ValueError("The work lies outside the loaded span.")
        if record.cleared_end < window_start + duration:
            return Refusal("not_cleared", say.not_cleared(record))
        cleared_end = record.cleared_end
        for paper in record.papers.get(work.service_type_id, ()):
            if paper.end < window_start + duration:
                return Refusal("not_cleared", say.paper_missing(paper))
            cleared_end = min(cleared_end, paper.end)
        if check_territory and not self._reaches(record, work):
            return Refusal(
                "outside_territory",
                say.outside_territory(record, work.latitude, work.longitude),
            )
        if (work.client_id, contractor_id) in facts.blocked:
            return Refusal("blocked_by_client", say.blocked(work.client_id, contractor_id))
        if (work.client_id, contractor_id) in facts.refused:
            return Refusal("refuses_client", say.refuses(work.client_id, contractor_id))
        if check_wishes and work.service_type_id in record.left_out:
            return Refusal("skill_missing", "does not take this kind of work")
        required = self._required[work.service_type_id]
        earliest = ceil_minute(not_before)
        limits: Limits | None = None
        if check_wishes and record.wishes is not None:
            limits = limits_of(
                record.wishes,
                is_emergency=work.is_emergency,
                at=ceil_minute(self.at),
                window_start=window_start,
                window_end=window_end,
                calendar=facts.calendar,
                holidays=facts.holidays,
                entries=[technician.entries for technician in record.technicians],
            )
            window_start = limits.window_start
        site = (work.latitude, work.longitude)
        best: tuple[float, int, int, int] | None = None
        found: Start | None = None
        refusal_rank = -1
        shortfall: tuple[int, int, int] | None = None  # skill, level, level needed
        too_late_for_clearance = False
        wish_in_the_way: tuple[str, str] | None = None
        for technician in record.technicians:
            if technician_id is not None and technician.id != technician_id:
                continue
            level = 3
            last_end = cleared_end
            for skill_id, needed in required:
                skill = technician.skills.get(skill_id)
                if skill is None:
                    level = 0
                    if refusal_rank < 0:
                        refusal_rank, shortfall = 0, (skill_id, 0, needed)
                    break
                if skill[0] < max(1, needed - work.skill_relief):
                    level = 0
                    if refusal_rank < 1 or (shortfall is not None and skill[0] > shortfall[1]):
                        refusal_rank, shortfall = max(refusal_rank, 1), (skill_id, skill[0], needed)
                    break
                if skill[1] < window_start + duration:
                    level = 0
                    if refusal_rank < 1:
                        refusal_rank, shortfall = 0, (skill_id, -1, needed)
                    break
                if skill[0] < level:
                    level = skill[0]
                if skill[1] < last_end:
                    last_end = skill[1]
            if not level:
                continue
            shifts = technician.shifts
            if shifts is None:
                shifts = technician.shifts = facts.calendar.shifts(technician.pattern)
            if limits is not None:
                if limits.refusal is not None:
                    wish_in_the_way = limits.refusal
                    continue
                if limits.all_hours and technician.pattern:
                    shifts = [(facts.span_start, facts.span_end)]
                if limits.closed:
                    shifts = without(shifts, limits.closed)
            start = find_start(
                shifts=shifts,
                entries=technician.entries,
                base=technician.base,
                site=site,
                window_start=window_start,
                window_end=window_end,
                duration=duration,
                not_before=earliest,
            )
            if isinstance(start, int):
                refusal_rank = max(refusal_rank, 2 if start == NOT_WORKING else 3)
                continue
            if start.start + duration > last_end:
                # The earliest visit ends too late, so every later one does.
                too_late_for_clearance = True
                continue
            key = (start.travel_minutes, -level, start.start, technician.id)
            if best is None or key < best:
                best, found = key, start
        if best is not None and found is not None:
            starts_at = _EPOCH + timedelta(minutes=found.start)
            return Slot(
                contractor_id,
                best[3],
                starts_at,
                starts_at + timedelta(minutes=duration),
                found.travel_minutes,
                found.travel_km,
                -best[1],
            )
        if too_late_for_clearance:
            return Refusal("not_cleared", say.not_cleared(record))
        if wish_in_the_way is not None:
            return Refusal(*wish_in_the_way)
        return self._refuse(record, work, technician_id, refusal_rank, shortfall, earliest)

    def _refuse(
        self,
        record: ContractorRecord,
        work: WorkOrder,
        technician_id: int | None,
        refusal_rank: int,
        shortfall: tuple[int, int, int] | None,
        earliest: int,
    ) -> Refusal:
        say = self._sentences
        if refusal_rank == -1:
            return Refusal("not_active", say.no_technician(record, technician_id))
        if refusal_rank <= 1:
            assert shortfall is not None
            skill_id, level, needed = shortfall
            if level > 0:
                return Refusal("skill_level_too_low", say.level_too_low(skill_id, level, needed))
            return Refusal("skill_missing", say.skill_missing(record, skill_id, expired=level < 0))
        if refusal_rank == 2:
            return Refusal("not_working", say.not_working(work.window_start, work.window_end))
        is_idle = not any(
            entry.end > ceil_minute(work.window_start)
            and entry.start < floor_minute(work.window_end) + work.duration_minutes
            for technician in record.technicians
            for entry in technician.entries
        )
        too_late = is_idle and earliest > ceil_minute(work.window_start)
        return Refusal("fully_booked", say.fully_booked(cannot_be_there_in_time=too_late))

    def take(self, slot: Slot, *, latitude: float, longitude: float) -> None:
        """Count the slot as taken from now on, in memory only."""
        technician = self._facts.technicians[slot.technician_id]
        insort(
            technician.entries,
            Entry(
                floor_minute(slot.starts_at),
                ceil_minute(slot.ends_at),
                latitude,
                longitude,
            ),
            key=_start_of,
        )

    def give_back(self, technician_id: int, starts_at: datetime, ends_at: datetime) -> None:
        """Count exactly this taken stretch as free from now on, in memory only.

        For asking what else would fit in the place of a hold or visit. Unknown ones are ignored.
        """
        technician = self._facts.technicians.get(technician_id)
        if technician is not None:
            freed = (floor_minute(starts_at), ceil_minute(ends_at))
            technician.entries[:] = [
                entry for entry in technician.entries if (entry.start, entry.end) != freed
            ]

    def away_km(self, contractor_id: int, latitude: float, longitude: float) -> float:
        """How far the site lies outside the contractor's territory; infinite without any."""
        return self._sentences.away_km(self._contractors[contractor_id], latitude, longitude)

    def _reaches(self, record: ContractorRecord, work: WorkOrder) -> bool:
        """Whether the territory, with the work's extra kilometres around it, holds the site."""
        if self._covers(record, work.cell):
            return True
        if work.extra_km <= 0:
            return False
        return self._sentences.away_km(record, work.latitude, work.longitude) <= work.extra_km

    def _covers(self, record: ContractorRecord, cell: int) -> bool:
        """Whether the stored cells hold the site's cell.

        For a radius one distance gives the same answer; other areas are asked by their cells.
        """
        if record.radius_km is None:
            if record.packed_cells is None:
                return False
            family = self._families.get(cell)
            if family is None:
                family = self._families[cell] = frozenset(cell_and_ancestors(cell))
            return not family.isdisjoint(record.territory_cells())
        centre = self._sites.get(cell)
        if centre is None:
            centre = self._sites[cell] = cell_centre(cell)
        return (
            distance_km(record.territory_latitude, record.territory_longitude, *centre)
            <= record.radius_km
            or record.territory_cell == cell
        )
