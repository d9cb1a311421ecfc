"""What contractors do, and when. Every decision is drawn from the seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from jobs.simulation.channels import Channel, Plan, SeenOffer, SeenVisit
from jobs.simulation.errors import Refused
from jobs.simulation.numbers import Numbers
from jobs.simulation.stage import Stage

_DECLINES = ("too_busy", "too_far", "time_does_not_suit", "price_too_low", "other")
_RELEASES = ("overrun", "vehicle", "sick", "double_booked", "other")
#: When contractors are asked to confirm with an ETA: so long before the planned start.
_FIRST_ASKED = timedelta(hours=24)
_ASKED_AGAIN = timedelta(hours=4)
#: Somebody who ought to be done by now says that it takes so much longer.
_A_LITTLE = timedelta(minutes=10)
#: Whoever will be later than this after the ETA may say so.
_WORTH_TELLING = timedelta(minutes=15)


class Crew:
    """The technicians of the branch: each does one visit at a time; the next waits."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._busy: dict[str, str] = {}
        self._until: dict[str, datetime] = {}
        self._waiting: dict[str, list[tuple[datetime, str, Callable[[], None]]]] = {}

    def send(self, visit: SeenVisit, depart: Callable[[], None]) -> datetime | None:
        """Let ``depart`` happen now, or as soon as the technician has finished what they do.

        Returns when that will be, as the technician sees it; None when they set out now.
        """
        with self._lock:
            doing = self._busy.setdefault(visit.technician, visit.id)
            if doing != visit.id:
                self._waiting.setdefault(visit.technician, []).append(
                    (visit.starts_at, visit.id, depart)
                )
                return max(
                    self._stage.now() + _A_LITTLE,
                    self._until.get(visit.technician, visit.starts_at),
                )
        depart()
        return None

    def expect(self, visit: SeenVisit, until: datetime) -> None:
        """The technician, who is at this visit, sees when they will be done."""
        with self._lock:
            self._until[visit.technician] = until

    def free(self, visit: SeenVisit) -> None:
        """The technician is done with the visit, however it ended."""
        with self._lock:
            if self._busy.get(visit.technician) != visit.id:
                return
            del self._busy[visit.technician]
            waiting = self._waiting.get(visit.technician)
            if not waiting:
                return
            waiting.sort(key=lambda one: one[:2])
            _, next_id, depart = waiting.pop(0)
            self._busy[visit.technician] = next_id
        self._stage.soon(depart)

    @property
    def nobody_waits(self) -> bool:
        with self._lock:
            return not any(self._waiting.values())


class Provider(Protocol):
    """Whoever carries messages, and says when one could not be delivered."""

    def bounce(self, offer: SeenOffer) -> None: ...


@dataclass(slots=True)
class Contractor:
    """One contractor's person: reads offers, answers them, makes the visits."""

    number: int
    channel: Channel
    stage: Stage
    crew: Crew
    provider: Provider
    numbers: Numbers
    seed: int
    accepts: float = field(init=False)
    seen: set[str] = field(default_factory=set)
    #: Offers that this person would not take, and visits that they would not make, in any case.
    unwilling: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    backed_out: int = 0
    no_shows: int = 0
    overran: int = 0
    late_answers: int = 0
    own_prices: int = 0
    _offers: int = 0
    #: Jobs for which they named a price of their own.
    _named: set[str] = field(default_factory=set)
    #: Visits by id: their number, which fixes how they go, and the plan that counts.
    _visits: dict[str, tuple[int, Plan]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reading: bool = False
    _read_again: bool = False

    def __post_init__(self) -> None:
        draw = random.Random(f"{self.seed}:contractor:{self.number}")
        self.accepts = min(
            1.0 - self.numbers.silent,
            max(0.0, draw.gauss(self.numbers.accepted, self.numbers.spread)),
        )

    def notice(self) -> None:
        """Something changed on their page: look at it, once for any number of notices."""
        with self._lock:
            if self._reading:
                self._read_again = True
                return
            self._reading = True
        self.stage.soon(self._read)

    def _read(self) -> None:
        while True:
            try:
                for offer in self.channel.pending_offers():
                    self._consider(offer)
            finally:
                with self._lock:
                    again = self._read_again
                    self._read_again = False
                    self._reading = again
            if not again:
                return

    def _consider(self, offer: SeenOffer) -> None:
        with self._lock:
            if offer.id in self.seen or offer.job in self._named:
                return
            self.seen.add(offer.id)
            self._offers += 1
            draw = random.Random(f"{self.seed}:offer:{self.number}:{self._offers}")
        if draw.random() < self.numbers.undeliverable:
            after = timedelta(minutes=draw.expovariate(1 / max(self.numbers.bounce_minutes, 0.01)))
            self.stage.at(offer.made_at + after, lambda: self.provider.bounce(offer))
            return
        choice = draw.random()
        takes = timedelta(minutes=self.numbers.answer_minutes(draw, emergency=offer.emergency))
        if choice < self.numbers.silent:
            self.unwilling.add(offer.id)
            return
        if choice < self.numbers.silent + self.accepts:
            self.stage.at(offer.made_at + takes, lambda: self._accept(offer))
        else:
            reason = draw.choice(_DECLINES)
            if reason == "price_too_low" and draw.random() < self.numbers.own_price:
                above = draw.expovariate(1 / max(self.numbers.own_price_above, 0.001))
                pay = (offer.pay * Decimal(1 + above)).quantize(Decimal(1))
                self.stage.at(offer.made_at + takes, lambda: self._propose(offer, pay))
                return
            self.unwilling.add(offer.id)
            self.stage.at(offer.made_at + takes, lambda: self._decline(offer, reason))

    def _accept(self, offer: SeenOffer) -> None:
        try:
            visit = self.channel.accept(offer)
        except Refused:
            self.late_answers += 1
        else:
            self.plan(visit, offer.travel_minutes)

    def _propose(self, offer: SeenOffer, pay: Decimal) -> None:
        """Name a price; what is held for them meanwhile waits for the branch, not for them."""
        with self._lock:
            self._named.add(offer.job)
        try:
            visit = self.channel.propose(offer, pay)
        except Refused:
            self.unwilling.add(offer.id)
            self._decline(offer, "price_too_low")
            return
        self.own_prices += 1
        if visit is not None:
            self.plan(visit, offer.travel_minutes)

    def _decline(self, offer: SeenOffer, reason: str) -> None:
        try:
            self.channel.decline(offer, reason)
        except Refused:
            self.late_answers += 1

    def knows(self, visit_id: str, plan: Plan) -> bool:
        """Whether the visit is planned just so already."""
        with self._lock:
            known = self._visits.get(visit_id)
        return known is not None and known[1] == plan

    def plan(self, visit: SeenVisit, travel_minutes: float) -> None:
        """Decide how an accepted visit will go; again when it was moved or given to a colleague."""
        with self._lock:
            known = self._visits.get(visit.id)
            if known is not None and known[1] == visit.plan:
                return
            number = len(self._visits) + 1 if known is None else known[0]
            self._visits[visit.id] = (number, visit.plan)
            is_new = known is None
        draw = random.Random(f"{self.seed}:visit:{self.number}:{number}")
        numbers = self.numbers
        fate = draw.random()
        if fate < numbers.backs_out:
            self.dropped.add(visit.id)
            self.backed_out += is_new
            self._plan_to_back_out(visit, draw)
            return
        if fate < numbers.backs_out + numbers.no_show:
            self.no_shows += is_new
            if draw.random() < numbers.shows_after_all:
                arrives = visit.starts_at + timedelta(minutes=draw.uniform(40, 120))
                self._plan_to_come(visit, draw, travel_minutes, arrives)
            else:
                self.dropped.add(visit.id)
            return
        if draw.random() < numbers.late:
            delay = draw.expovariate(1 / max(numbers.late_minutes, 0.1))
        else:
            delay = draw.triangular(-10, 12, 0)
        arrives = max(visit.starts_at + timedelta(minutes=delay), visit.window_start)
        if draw.random() < numbers.eta_given:
            self._plan_eta(visit, draw, arrives)
        self._plan_to_come(visit, draw, travel_minutes, arrives)

    def _plan_to_back_out(self, visit: SeenVisit, draw: random.Random) -> None:
        last = visit.starts_at - timedelta(minutes=20)
        first = max(
            self.stage.now(), visit.starts_at - timedelta(minutes=self.numbers.backs_out_minutes)
        )
        when = first + max(timedelta(), last - first) * draw.random()
        reason = draw.choice(_RELEASES)
        self._at(
            visit,
            when,
            lambda: self._try(visit, lambda: self.channel.release(visit, reason)),
        )

    def _plan_to_come(
        self, visit: SeenVisit, draw: random.Random, travel_minutes: float, arrives: datetime
    ) -> None:
        drive = timedelta(
            minutes=max(3.0, travel_minutes * draw.lognormvariate(0, self.numbers.travel_sigma))
        )
        route = _Route(
            visit=visit,
            arrives=arrives,
            drive=drive,
            minutes=visit.minutes * draw.lognormvariate(0, self.numbers.duration_sigma),
            result=self._result(draw),
            tells=draw.random() < self.numbers.tells_delay,
        )
        self._at(visit, arrives - drive, lambda: self._set_out(route))

    def _at(self, visit: SeenVisit, moment: datetime, act: Callable[[], object]) -> None:
        """Do it then, if the visit is still planned just so."""

        def if_it_stands() -> None:
            if self.knows(visit.id, visit.plan):
                act()

        self.stage.at(moment, if_it_stands)

    def _result(self, draw: random.Random) -> str:
        if draw.random() >= self.numbers.at_home:
            return "no_access"
        return "fixed" if draw.random() < self.numbers.fixed_first_time else "needs_another_visit"

    def _plan_eta(self, visit: SeenVisit, draw: random.Random, arrives: datetime) -> None:
        """Confirm when asked, with the planned start; say later when it will be later than that."""
        late = draw.random() < self.numbers.eta_late
        asked = visit.starts_at - (_ASKED_AGAIN if late else _FIRST_ASKED)
        takes = timedelta(minutes=self.numbers.answer_minutes(draw, emergency=False))
        eta = visit.starts_at.replace(second=0, microsecond=0) + timedelta(
            minutes=draw.randint(0, 5)
        )
        self._tell_eta(visit, max(asked, self.stage.now()) + takes, eta)
        if arrives - eta > _WORTH_TELLING and draw.random() < self.numbers.tells_delay:
            said = eta - timedelta(minutes=draw.uniform(0, 30))
            self._tell_eta(visit, said, arrives.replace(second=0, microsecond=0))

    def _tell_eta(self, visit: SeenVisit, told_at: datetime, eta: datetime) -> None:
        eta = min(max(eta, visit.window_start), visit.window_end)

        def tell() -> None:
            # Given too late, it is of no use to anybody; an early one is simply the first step.
            if eta - self.stage.now() > timedelta(minutes=10):
                with suppress(Refused):  # arrived already, or no longer theirs
                    self.channel.set_eta(visit, eta)

        self._at(visit, told_at, tell)

    def _set_out(self, route: _Route) -> None:
        free_at = self.crew.send(route.visit, lambda: self._depart(route))
        if free_at is not None and route.tells:
            self._tell_that_it_takes_longer(route, free_at + route.drive)

    def _tell_that_it_takes_longer(self, route: _Route, expected: datetime) -> None:
        """Still at work elsewhere: a new time, or, where that is after the window, the visit."""
        visit = route.visit
        with suppress(Refused):
            if expected > visit.window_end + _A_LITTLE:
                self.channel.release(visit, "overrun")
                self.overran += 1
            elif expected - visit.starts_at > _WORTH_TELLING:
                eta = expected.replace(second=0, microsecond=0)
                self.channel.set_eta(visit, min(eta, visit.window_end))

    def _depart(self, route: _Route) -> None:
        if not self.knows(route.visit.id, route.visit.plan):
            self.crew.free(route.visit)  # moved while the technician was busy elsewhere
            return
        if self._try(route.visit, lambda: self.channel.start_travel(route.visit)):
            arrives = max(route.arrives, self.stage.now() + route.drive)
            self.crew.expect(route.visit, arrives + timedelta(minutes=route.visit.minutes))
            self.stage.at(arrives, lambda: self._arrive(route))

    def _arrive(self, route: _Route) -> None:
        if self._try(route.visit, lambda: self.channel.arrive(route.visit)):
            minutes = route.minutes
            if route.result == "no_access":
                minutes = self.numbers.no_access_minutes
            done = self.stage.now() + timedelta(minutes=minutes)
            self.crew.expect(route.visit, done)
            self.stage.at(done, lambda: self._complete(route))

    def _complete(self, route: _Route) -> None:
        self._try(route.visit, lambda: self.channel.complete(route.visit, route.result))
        self.crew.free(route.visit)

    def _try(self, visit: SeenVisit, step: Callable[[], None]) -> bool:
        """Make a step; a refusal (cancelled, rebooked) ends the visit for the technician."""
        try:
            step()
        except Refused:
            self.crew.free(visit)
            return False
        except Exception:
            self.crew.free(visit)
            raise
        return True


@dataclass(frozen=True, slots=True)
class _Route:
    visit: SeenVisit
    arrives: datetime
    drive: timedelta
    minutes: float
    result: str
    tells: bool
