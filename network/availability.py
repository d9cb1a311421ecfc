"""Who can do a job, and when: facts read once for a whole batch, then answered in memory.

``Availability.load`` reads a fixed number of queries for any number of contractors and jobs;
``best_slot`` is then pure computation, so that a batch of hundreds of jobs can be placed without
asking the database again. ``take`` reserves a slot in memory, so that the batch does not promise
the same time twice; the exclusion constraint has the last word when the holds are written.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from operator import itemgetter

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

CENT = Decimal("0.01")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_start_of = itemgetter(0)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a job asks of the network. Instants are aware UTC; ``cell`` is the site's H3 cell.

    The window bounds the start of the visit.
    """

    branch_id: int
    service_type_id: int
    client_id: int | None
    latitude: float
    longitude: float
    window_start: datetime
    window_end: datetime
    duration_minutes: int
    cell: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A planned visit that fits, with the drive to it from where the technician will be.

    ``skill_level`` is the technician's lowest level among the skills that the work needs (3 when
    it needs none).
    """

    contractor_id: int
    technician_id: int
    starts_at: datetime
    ends_at: datetime
    travel_minutes: float
    travel_km: float
    skill_level: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a contractor cannot do the work: the first rule that fails, in the order of ``RULES``."""

    rule: str
    sentence: str


RULES = (
    "not_active",
    "not_cleared",
    "outside_territory",
    "blocked_by_client",
    "skill_missing",
    "skill_level_too_low",
    "not_working",
    "fully_booked",
)


@dataclass(frozen=True, slots=True)
class ContractorFacts:
    """What ranking, pay and messages need to know of a contractor. Amounts: branch's currency."""

    id: int
    name: str
    status: str
    cleared_until: date | None
    tier: int
    call_out_fee: Decimal
    hourly_rate: Decimal
    contact_from: time | None
    contact_until: time | None
    email: str
    phone: str


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
        """Read all that ``best_slot`` needs for these contractors, in seven queries.

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

    def pay_for(self, contractor_id: int, duration_minutes: int) -> Decimal:
        """Call-out fee + hourly rate × planned hours, in cents, half a cent rounding up."""
        record = self._contractors[contractor_id]
        hours = Decimal(duration_minutes) / 60
        return (record.call_out_fee + record.hourly_rate * hours).quantize(
            CENT, rounding=ROUND_HALF_UP
        )

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
    ) -> Slot | Refusal:
        """The contractor's best technician's earliest start for the work, or why there is none.

        Best is the technician with the shortest drive, then the highest skill level, then the
        earliest start. ``not_before`` is the earliest moment at which anybody could set off;
        ``technician_id`` asks about that technician only; without ``check_territory`` a site
        outside the territory is no obstacle (a dispatcher assigns by hand). Raises KeyError for a
        contractor or service type that was not loaded, ValueError outside the loaded span.
        """
        facts = self._facts
        record = self._contractors[contractor_id]
        say = self._sentences
        if record.status != "active":
            return Refusal("not_active", say.not_active(record))
        window_start = ceil_minute(work.window_start)
        window_end = floor_minute(work.window_end)
        if window_start > window_end:  # an exact start within one minute
            window_start = window_end
        duration = work.duration_minutes
        if window_start < facts.span_start or window_end + duration > facts.span_end:
            raise ValueError("The work lies outside the loaded span.")
        if record.cleared_end < window_start + duration:
            return Refusal("not_cleared", say.not_cleared(record))
        if check_territory and not self._covers(record, work.cell):
            return Refusal(
                "outside_territory",
                say.outside_territory(record, work.latitude, work.longitude),
            )
        if (work.client_id, contractor_id) in facts.blocked:
            return Refusal("blocked_by_client", say.blocked(work.client_id, contractor_id))
        required = self._required[work.service_type_id]
        earliest = ceil_minute(not_before)
        site = (work.latitude, work.longitude)
        best: tuple[float, int, int, int] | None = None
        found: Start | None = None
        refusal_rank = -1
        shortfall: tuple[int, int, int] | None = None  # skill, level, level needed
        too_late_for_clearance = False
        for technician in record.technicians:
            if technician_id is not None and technician.id != technician_id:
                continue
            level = 3
            last_end = record.cleared_end
            for skill_id, needed in required:
                skill = technician.skills.get(skill_id)
                if skill is None:
                    level = 0
                    if refusal_rank < 0:
                        refusal_rank, shortfall = 0, (skill_id, 0, needed)
                    break
                if skill[0] < needed:
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
