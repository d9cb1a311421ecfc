"""Plain sentences that say why a contractor cannot do a job."""

from __future__ import annotations

from datetime import date, datetime
from math import inf
from typing import TYPE_CHECKING

from network.display import distance
from network.geo import cells_away_km, distance_km

if TYPE_CHECKING:
    from network.availability_loader import ContractorRecord, Facts, Paper

_STATUS = {
    "applicant": "still an applicant",
    "paused": "has paused work",
    "suspended": "is suspended",
    "left": "has left",
}


def day_text(day: date, *, beside: date | None = None) -> str:
    """A day, as in ``4 May``; with its year when that is not the year of ``beside``."""
    text = f"{day.day} {day:%b}"
    return text if beside is not None and beside.year == day.year else f"{text} {day.year}"


class RefusalSentences:
    """One sentence per rule, with its figures."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def not_active(self, record: ContractorRecord) -> str:
        return _STATUS.get(record.status, f"status is {record.status}")

    def paused(self, until: datetime, at: datetime) -> str:
        zone = self._facts.calendar.zone
        local = until.astimezone(zone)
        text = day_text(local.date(), beside=at.astimezone(zone).date())
        return f"has paused offers until {local:%H:%M} on {text}"

    def no_technician(self, record: ContractorRecord, technician_id: int | None) -> str:
        if technician_id is not None:
            return "that technician is not active in this firm"
        return "has no active technician"

    def not_cleared(self, record: ContractorRecord) -> str:
        if record.cleared_until is None:
            return "not cleared for work"
        return f"cleared only until {day_text(record.cleared_until)}"

    def paper_missing(self, paper: Paper) -> str:
        if paper.held_until is None:
            return f"lacks {paper.name}"
        return f"{paper.name} ends on {day_text(paper.held_until)}"

    def blocked(self, client_id: int | None, contractor_id: int) -> str:
        note = self._facts.blocked.get((client_id, contractor_id), "")
        return f"blocked by the client: {note}" if note else "blocked by the client"

    def refuses(self, client_id: int | None, contractor_id: int) -> str:
        note = self._facts.refused.get((client_id, contractor_id), "")
        return f"does not work for this client: {note}" if note else "does not work for this client"

    def away_km(self, record: ContractorRecord, latitude: float, longitude: float) -> float:
        """How far a site outside the territory lies from it, in km; infinite without any."""
        if record.radius_km is None:
            if record.packed_cells is None:
                return inf
            away = cells_away_km(record.territory_cells(), latitude, longitude)
        else:
            away = (
                distance_km(
                    record.territory_latitude, record.territory_longitude, latitude, longitude
                )
                - record.radius_km
            )
        # At the very edge the cell's centre can be outside while the site itself is not.
        return max(away, 0.1)

    def outside_territory(self, record: ContractorRecord, latitude: float, longitude: float) -> str:
        away = self.away_km(record, latitude, longitude)
        if away == inf:
            return "has set no territory"
        return f"outside territory by {distance(away, self._facts.distance_unit)}"

    def skill_missing(self, record: ContractorRecord, skill_id: int, *, expired: bool) -> str:
        name = self._facts.skill_names[skill_id]
        return f"certificate for {name} has expired" if expired else f"lacks the skill {name}"

    def level_too_low(self, skill_id: int, level: int, needed: int) -> str:
        return f"{self._facts.skill_names[skill_id]}: skill level {level} of {needed}"

    def not_working(self, window_start: datetime, window_end: datetime) -> str:
        zone = self._facts.calendar.zone
        start, end = window_start.astimezone(zone), window_end.astimezone(zone)
        return f"does not work {start:%a %H:%M}–{end:%H:%M} long enough for the visit"

    def fully_booked(self, *, cannot_be_there_in_time: bool) -> str:
        if cannot_be_there_in_time:
            return "cannot be there before the window ends"
        return "fully booked in the window"
