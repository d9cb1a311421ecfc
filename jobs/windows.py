"""How long a contractor has to answer. Pure arithmetic on aware UTC datetimes.

Rules (design: the cascade):

* The time left until the last moment at which a visit could be made is shared among the
  candidates worth trying. Nobody gets less than he usually takes to answer, nor more than the
  policy's minutes for the priority.
* When asking one by one can no longer finish in time, the next few are asked at once: the call is
  open, and the first to accept has it.
* It never runs past that last moment and, outside emergencies, never past the end of the
  contractor's contact hours. Outside emergencies nobody is asked in quiet hours: the
  cascade waits for the morning when the promise allows it, else it passes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Nobody is given less than this to answer, in minutes; with less left he is not asked.
SHORTEST_WINDOW = timedelta(minutes=2)
#: The time left is shared among this many candidates at the most (ours): with every other one
#: accepting, the chance that none of six does is under 2 %.
WORTH_TRYING = 6
#: Visits are planned to begin this much before the promised window ends (ours).
SPARE = timedelta(minutes=15)
#: How long an answer usually takes from somebody of whom too little is known (ours).
USUAL_ANSWER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask now; the answer must come strictly before ``expires_at``.

    With ``seats`` above one the call is open: so many candidates are to be asked at once.
    """

    expires_at: datetime
    seats: int = 1


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


def last_answer(*, now: datetime, window_end: datetime, travel: timedelta) -> datetime:
    """Until when an answer is waited for at the most.

    Whoever answers then, sets out and drives for ``travel`` is there a quarter of an hour before
    the window ends, since roads are as they are; with little time left, less of it is kept back.
    """
    last = window_end - travel
    return last - max(timedelta(), min(SPARE, (last - now - SHORTEST_WINDOW) / 6))


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


@dataclass(frozen=True, slots=True)
class Turn:
    """``seats`` candidates are asked at once and have ``window`` to answer."""

    window: timedelta
    seats: int


def worth_trying(*, asked: int, remaining: int) -> int:
    """Among how many of the ``remaining`` candidates the time left is shared.

    Candidates are taken six at a time: after the first six were ``asked`` in vain, what is left
    of the time is shared among the next six, and so on.
    """
    return max(1, min(remaining, WORTH_TRYING - asked % WORTH_TRYING))


def plan_turn(*, left: timedelta, usual: Sequence[timedelta], worth: int, cap: timedelta) -> Turn:
    """The next turn of a cascade with ``left`` until the last moment.

    ``usual`` says how long each candidate takes to answer (80 % of his answers come within it),
    the next one first; the time is shared among the first ``worth`` of them; ``cap`` is the
    policy's window. One at a time while everybody can have as long as he takes; otherwise the
    smallest number at once with which everybody can; and where not even that is left, all of
    them. What those further down need is kept back where there is enough for everybody.
    """
    everybody = [min(cap, max(SHORTEST_WINDOW, one)) for one in usual]
    needs, kept_back = everybody[:worth], sum(everybody[worth:], timedelta())
    if sum(needs, kept_back) <= left:
        left -= kept_back
    for seats in range(1, len(needs) + 1):
        groups = [max(needs[i : i + seats]) for i in range(0, len(needs), seats)]
        others = sum(groups[1:], timedelta())
        if groups[0] + others <= left:
            share = min(left / len(groups), left - others)
            return Turn(min(cap, max(groups[0], share)), seats)
    return Turn(min(cap, left), len(needs))


def plan_cascade(
    *, left: timedelta, usual: Sequence[timedelta], cap: timedelta
) -> list[tuple[timedelta, Turn]]:
    """Every turn of a cascade in which nobody answers: when it begins (from now), and what it is.

    Empty with less than two minutes left: then nobody is asked any more.
    """
    turns: list[tuple[timedelta, Turn]] = []
    spent, asked = timedelta(), 0
    while asked < len(usual) and left - spent >= SHORTEST_WINDOW:
        worth = worth_trying(asked=asked, remaining=len(usual) - asked)
        turn = plan_turn(left=left - spent, usual=usual[asked:], worth=worth, cap=cap)
        turns.append((spent, turn))
        spent += turn.window
        asked += turn.seats
    return turns


def plan_ask(
    *,
    now: datetime,
    policy_minutes: int,
    last_moment: datetime,
    usual: Sequence[timedelta],
    worth: int,
    emergency: bool,
    contact: tuple[datetime, datetime] | None,
) -> Ask | Wait | PassOn:
    """Whether to ask this candidate now, until when, and with how many others at once.

    ``last_moment`` is when he would have to set out to arrive within the promise; ``usual`` (his
    own first) and ``worth`` are those of :func:`plan_turn`; ``contact`` comes from
    :func:`contact_period`.
    """
    left = last_moment - now
    if left < SHORTEST_WINDOW:
        return PassOn("too late to answer and still arrive in the window")
    turn = plan_turn(left=left, usual=usual, worth=worth, cap=timedelta(minutes=policy_minutes))
    window = turn.window
    if contact is None or emergency:
        return Ask(now + window, turn.seats)
    begins, ends = contact
    if now < begins:
        return _wait_or_pass(begins, last_moment)
    contact_left = ends - now
    if contact_left >= window:
        return Ask(now + window, turn.seats)
    if contact_left >= max(window / 2, SHORTEST_WINDOW):
        return Ask(ends, turn.seats)
    # Too little contact time for a fair answer: the next period begins a day after this one.
    return _wait_or_pass(begins + timedelta(days=1), last_moment)


def _wait_or_pass(begins: datetime, last_moment: datetime) -> Wait | PassOn:
    if begins + SHORTEST_WINDOW <= last_moment:
        return Wait(begins)
    return PassOn("outside contact hours until it would be too late")
