"""What contractors and customers do, and when. Every decision is drawn from the seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jobs.simulation.channels import Channel, SeenOffer, SeenVisit, Site
from jobs.simulation.demand import Request
from jobs.simulation.errors import Refused
from jobs.simulation.numbers import Numbers
from jobs.simulation.stage import Stage

_DECLINES = ("too_busy", "too_far", "time_does_not_suit", "price_too_low", "other")
_RELEASES = ("overrun", "vehicle", "sick", "double_booked", "other")
_CANCELS = ("no_longer_needed", "found_another", "booked_by_mistake", "price")


class Crew:
    """The technicians of the branch: each does one visit at a time; the next waits."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._busy: dict[str, str] = {}
        self._waiting: dict[str, list[tuple[datetime, str, Callable[[], None]]]] = {}

    def send(self, visit: SeenVisit, depart: Callable[[], None]) -> None:
        """Let ``depart`` happen now, or as soon as the technician has finished what they do."""
        with self._lock:
            doing = self._busy.setdefault(visit.technician, visit.id)
            if doing != visit.id:
                self._waiting.setdefault(visit.technician, []).append(
                    (visit.starts_at, visit.id, depart)
                )
                return
        depart()

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


@dataclass(slots=True)
class Contractor:
    """One contractor's person: reads offers, answers them, makes the visits."""

    number: int
    channel: Channel
    stage: Stage
    crew: Crew
    numbers: Numbers
    seed: int
    accepts: float = field(init=False)
    seen: set[str] = field(default_factory=set)
    visits: set[str] = field(default_factory=set)
    late_answers: int = 0
    _offers: int = 0
    _visits: int = 0
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
            if offer.id in self.seen:
                return
            self.seen.add(offer.id)
            self._offers += 1
            draw = random.Random(f"{self.seed}:offer:{self.number}:{self._offers}")
        choice = draw.random()
        takes = timedelta(minutes=self.numbers.answer_minutes(draw, emergency=offer.emergency))
        if choice < self.numbers.silent:
            return
        if choice < self.numbers.silent + self.accepts:
            self.stage.at(offer.made_at + takes, lambda: self._accept(offer))
        else:
            reason = draw.choice(_DECLINES)
            self.stage.at(offer.made_at + takes, lambda: self._decline(offer, reason))

    def _accept(self, offer: SeenOffer) -> None:
        try:
            visit = self.channel.accept(offer)
        except Refused:
            self.late_answers += 1
        else:
            self.plan(visit, offer.travel_minutes)

    def _decline(self, offer: SeenOffer, reason: str) -> None:
        try:
            self.channel.decline(offer, reason)
        except Refused:
            self.late_answers += 1

    def plan(self, visit: SeenVisit, travel_minutes: float) -> None:
        """Decide how an accepted visit will go."""
        with self._lock:
            if visit.id in self.visits:
                return
            self.visits.add(visit.id)
            self._visits += 1
            draw = random.Random(f"{self.seed}:visit:{self.number}:{self._visits}")
        numbers, now = self.numbers, self.stage.now()
        fate = draw.random()
        lead = (visit.starts_at - now).total_seconds() / 60
        if fate < numbers.backs_out:
            minutes = draw.uniform(5, max(10.0, lead - 30))
            reason = draw.choice(_RELEASES)

            def give_back() -> None:
                self._try(visit, lambda: self.channel.release(visit, reason))

            self.stage.at(now + timedelta(minutes=minutes), give_back)
            return
        if fate < numbers.backs_out + numbers.no_show:
            return
        if draw.random() < numbers.late:
            delay = draw.expovariate(1 / max(numbers.late_minutes, 0.1))
        else:
            delay = draw.triangular(-10, 12, 0)
        arrives = max(visit.starts_at + timedelta(minutes=delay), visit.window_start)
        drive = timedelta(
            minutes=max(3.0, travel_minutes * draw.lognormvariate(0, numbers.travel_sigma))
        )
        if draw.random() < numbers.eta_given:
            self._plan_eta(visit, draw, arrives)
        route = _Route(
            visit=visit,
            arrives=arrives,
            drive=drive,
            minutes=visit.minutes * draw.lognormvariate(0, numbers.duration_sigma),
            result=self._result(draw),
        )
        self.stage.at(arrives - drive, lambda: self.crew.send(visit, lambda: self._depart(route)))

    def _result(self, draw: random.Random) -> str:
        if draw.random() >= self.numbers.at_home:
            return "no_access"
        return "fixed" if draw.random() < self.numbers.fixed_first_time else "needs_another_visit"

    def _plan_eta(self, visit: SeenVisit, draw: random.Random, arrives: datetime) -> None:
        eta = arrives.replace(second=0, microsecond=0) + timedelta(minutes=draw.randint(0, 5))
        eta = min(max(eta, visit.window_start), visit.window_end)
        told_at = eta - timedelta(minutes=draw.uniform(45, 180))

        def tell() -> None:
            # Given too late, it is of no use to anybody; an early one is simply the first step.
            if eta - self.stage.now() > timedelta(minutes=10):
                self._try(visit, lambda: self.channel.set_eta(visit, eta))

        self.stage.at(told_at, tell)

    def _depart(self, route: _Route) -> None:
        if self._try(route.visit, lambda: self.channel.start_travel(route.visit)):
            arrives = max(route.arrives, self.stage.now() + route.drive)
            self.stage.at(arrives, lambda: self._arrive(route))

    def _arrive(self, route: _Route) -> None:
        if self._try(route.visit, lambda: self.channel.arrive(route.visit)):
            minutes = route.minutes
            if route.result == "no_access":
                minutes = self.numbers.no_access_minutes
            self.stage.at(
                self.stage.now() + timedelta(minutes=minutes), lambda: self._complete(route)
            )

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


class Customers:
    """Send requests at their times through the API; some cancel before the visit."""

    def __init__(
        self,
        *,
        site: Site,
        token: str,
        branch: str,
        prefix: str,
        stage: Stage,
        numbers: Numbers,
        seed: int,
    ) -> None:
        self.site = site
        self.token = token
        self.branch = branch
        self.prefix = prefix
        self.stage = stage
        self.numbers = numbers
        self.seed = seed
        self.sent = 0
        self.refused: list[str] = []

    def plan(self, request: Request) -> None:
        self.stage.at(request.at, lambda: self._send(request))

    def _send(self, request: Request) -> None:
        reference = f"{self.prefix}-{request.number:05d}"
        place: dict[str, Any] = {"address": request.address, "postcode": request.postcode}
        if request.latitude is not None and request.longitude is not None:
            place |= {"latitude": request.latitude, "longitude": request.longitude}
        body: dict[str, Any] = {
            "branch": self.branch,
            "service_type": request.service_type,
            "site": place,
            "customer": {"name": request.customer},
            "window": {
                "start": request.window_start.isoformat(),
                "end": request.window_end.isoformat(),
            },
            "description": request.description,
            "reference": reference,
        }
        if request.priority is not None:
            body["priority"] = request.priority
        if request.minutes is not None:
            body["duration_minutes"] = request.minutes
        try:
            job = self.site.call("POST", "/jobs", self.token, body, key=reference)
        except Refused as refused:
            self.refused.append(f"request {request.number}: {refused}")
            return
        self.sent += 1
        draw = random.Random(f"{self.seed}:customer:{request.number}")
        if draw.random() < self.numbers.customer_cancels:
            ahead = (request.window_start - request.at).total_seconds()
            when = request.at + timedelta(seconds=max(0.0, ahead) * draw.uniform(0.1, 1.0))
            reason = draw.choice(_CANCELS)
            self.stage.at(when, lambda: self._cancel(job["id"], reason))

    def _cancel(self, job_id: str, reason: str) -> None:
        body = {"by": "customer", "reason": reason}
        try:
            self.site.call("POST", f"/jobs/{job_id}/cancel", self.token, body)
        except Refused:
            # Completed meanwhile: too late to cancel.
            return
