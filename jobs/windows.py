"""How long a contractor has to answer. Pure arithmetic on aware UTC datetimes.

Rules (design: the cascade):

* The window comes from the priority and shrinks with the time left, so that the next
  candidates still get a fair turn before the last moment a visit could be made.
* It never runs past that last moment and, outside emergencies, never past the end of the
  contractor's contact hours. Outside emergencies nobody is asked in quiet hours: the
  cascade waits for the morning when the promise allows it, else it passes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Nobody is given less than this to answer, in minutes; with less left he is not asked.
SHORTEST_WINDOW = timedelta(minutes=2)
#: The time left is shared among this many next candidates at the most.
FAIR_TURNS = 3


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask now; the answer must come strictly before ``expires_at``."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: ``until`` is when the contractor's contact hours begin again."""

    until: datetime


@dataclass(frozen=True, slots=True)
class PassOn:
    """This contractor cannot be asked in time; ``sentence`` says why."""

    sentence: str


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def contact_period(
    *, now: datetime, contact_from: time | None, contact_until: time | None, time_zone: str
) -> tuple[datetime, datetime] | None:
    """The contact period that holds ``now`` or, when it is quiet, the next one.

    None means that the contractor may be asked at any hour. ``contact_until`` at or before
    ``contact_from`` runs into the next day. Instants are aware, wall times are local.
    """
    if contact_from is None or contact_until is None or contact_from == contact_until:
        return None
    zone = _zone(time_zone)
    today = now.astimezone(zone).date()
    overnight = contact_until <= contact_from
    for days in (-1, 0, 1):
        day = today + timedelta(days=days)
        begins = datetime.combine(day, contact_from, zone)
        ends = datetime.combine(day + timedelta(days=overnight), contact_until, zone)
        # compared as instants: datetimes of one zone compare by wall time otherwise
        if ends.timestamp() > now.timestamp():
            return begins, ends
    raise AssertionError("a daily period always ends within two days")


def plan_ask(
    *,
    now: datetime,
    policy_minutes: int,
    last_moment: datetime,
    candidates_left: int,
    emergency: bool,
    contact: tuple[datetime, datetime] | None,
) -> Ask | Wait | PassOn:
    """Whether to ask this candidate now, and until when.

    ``last_moment`` is when he would have to set out to arrive within the promise;
    ``candidates_left`` counts him too; ``contact`` comes from :func:`contact_period`.
    """
    left = last_moment - now
    if left < SHORTEST_WINDOW:
        return PassOn("too late to answer and still arrive in the window")
    wanted = timedelta(minutes=policy_minutes)
    fair = left / max(1, min(candidates_left, FAIR_TURNS))
    window = min(wanted, max(fair, SHORTEST_WINDOW), left)
    if contact is None or emergency:
        return Ask(now + window)
    begins, ends = contact
    if now < begins:
        return _wait_or_pass(begins, last_moment)
    contact_left = ends - now
    if contact_left >= window:
        return Ask(now + window)
    if contact_left >= max(window / 2, SHORTEST_WINDOW):
        return Ask(ends)
    # Too little contact time for a fair answer: the next period begins a day after this one.
    return _wait_or_pass(begins + timedelta(days=1), last_moment)


def _wait_or_pass(begins: datetime, last_moment: datetime) -> Wait | PassOn:
    if begins + SHORTEST_WINDOW <= last_moment:
        return Wait(begins)
    return PassOn("outside contact hours until it would be too late")
