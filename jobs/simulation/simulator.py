"""One simulation from beginning to end, against a running stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, connection

from jobs.simulation import report
from jobs.simulation.channels import ApiChannel, Channel, PortalChannel, Site, visit_of
from jobs.simulation.customers import Customers
from jobs.simulation.demand import Request
from jobs.simulation.errors import SimulationError
from jobs.simulation.governor import Governor, overdue
from jobs.simulation.lookout import (
    MISSED_AFTER,
    Listener,
    Standing,
    missed_offers,
    standing,
    visits_ahead,
)
from jobs.simulation.mishaps import Carrier, SickCall, draw_sick_calls, stay_home
from jobs.simulation.numbers import Numbers
from jobs.simulation.pace import Pace
from jobs.simulation.people import Contractor, Crew
from jobs.simulation.possible import possible_promises
from jobs.simulation.stage import Stage
from jobs.simulation.world import World, make_world, revoke_tokens
from network.models import Contractor as Firm
from network.models import Technician

#: Threads that play acts; more would only queue up at the site.
THREADS = 12
#: Wall seconds between two looks at how things stand, and between two lines about it.
LOOK_EVERY = 1.0
SAY_EVERY = 10.0
#: The audit leaves rows of the last 5 wall seconds out, so they are let settle first.
SETTLE = 6.0
#: So long after the last window of the requests a simulation gives up waiting; some move theirs on.
PATIENCE = timedelta(days=4)


@dataclass(slots=True)
class Simulation:
    """Plays ``requests`` with a network of ``technicians`` against the site at ``url``."""

    url: str
    requests: list[Request]
    technicians: int
    seed: int
    numbers: Numbers
    pace: Pace
    say: Callable[[str], None]
    protects: bool = True
    governs: bool = False
    fastest: float | None = None
    _governor: Governor = field(init=False)
    _measured: tuple[int, int] = (0, 0)
    _carrier: Carrier = field(default_factory=Carrier)
    _sick: list[SickCall] = field(default_factory=list)
    _people: dict[int, Contractor] = field(default_factory=dict)
    _said_at: float = 0.0

    def run(self) -> dict[str, Any]:
        """Play it to the end; returns the report. Raises SimulationError."""
        begun = time.monotonic()
        self._governor = Governor(self.pace, self.fastest or self.pace.scale, governs=self.governs)
        world = make_world(
            technicians=self.technicians,
            seed=self.seed,
            works=[request.service_type for request in self.requests],
            portal_share=self.numbers.portal_share,
            protects=self.protects,
        )
        self.say(
            f"branch {world.branch.slug}: {len(world.contractors)} contractors, "
            f"{world.technicians} technicians"
        )
        rescues = report.rescues()
        site = Site(self.url)
        self._require_same_database(site, world)
        stage = Stage(self.pace, threads=THREADS)
        customers = Customers(
            site=site,
            token=world.token,
            branch=world.branch.slug,
            zone=ZoneInfo(world.branch.time_zone),
            prefix=world.branch.reference_prefix,
            stage=stage,
            numbers=self.numbers,
            seed=self.seed,
        )
        crew = self._hire(world, site, stage)
        listener = Listener(list(self._people), lambda one: self._people[one].notice())
        listener.start()
        try:
            for request in self.requests:
                customers.plan(request)
            self._plan_sick_days(world, stage)
            ended = stage.run(
                every=LOOK_EVERY,
                look=lambda: self._look(world, site, stage, crew),
                until=max(request.window_end for request in self.requests) + PATIENCE,
            )
        finally:
            listener.end()
            stage.close()
            revoke_tokens(branch=world.branch)
            self._governor.let_go()
        if not ended:
            self.say("gave up waiting: some jobs are still open")
        time.sleep(SETTLE)
        return self._report(world, site, stage, customers, rescues, begun)

    def _require_same_database(self, site: Site, world: World) -> None:
        try:
            site.call("GET", "/jobs", world.token)
        except Exception as error:
            raise SimulationError(
                f"The site at {self.url} does not know this database's branch ({error}). Is it "
                "another installation's? Give its address with --url, or start one with: "
                "make run TIME_SCALE=240"
            ) from error
        site.times.clear()

    def _hire(self, world: World, site: Site, stage: Stage) -> Crew:
        crew = Crew(stage)
        for number, contractor in enumerate(world.contractors, 1):
            token = world.tokens.get(contractor.pk)
            channel: Channel = (
                PortalChannel(contractor) if token is None else ApiChannel(site, token)
            )
            self._people[contractor.pk] = Contractor(
                number=number,
                channel=channel,
                stage=stage,
                crew=crew,
                provider=self._carrier,
                numbers=self.numbers,
                seed=self.seed,
            )
        return crew

    def _plan_sick_days(self, world: World, stage: Stage) -> None:
        firms = {contractor.pk: contractor for contractor in world.contractors}
        firm_of = dict(
            Technician.objects.filter(contractor__in=world.contractors, active=True)
            .order_by("id")
            .values_list("id", "contractor_id")
        )
        calls = draw_sick_calls(
            technician_ids=list(firm_of),
            first=self.pace.now(),
            last=max(request.window_end for request in self.requests),
            zone=ZoneInfo(world.branch.time_zone),
            seed=self.seed,
            numbers=self.numbers,
        )
        for call in calls:
            self._call_in_sick(call, firms[firm_of[call.technician_id]], stage)

    def _call_in_sick(self, call: SickCall, contractor: Firm, stage: Stage) -> None:
        def stay() -> None:
            stay_home(call, contractor=contractor)
            self._sick.append(call)

        stage.at(call.at, stay)

    def _look(self, world: World, site: Site, stage: Stage, crew: Crew) -> bool:
        """Catch up on what was missed; True when everything is final or waits for a human.

        A database that is away for a moment is asked again with the next look.
        """
        try:
            self.pace.follow()
            self._governor.look(self._delays(world, site, stage))
            return self._catch_up(world, stage, crew)
        except (InterfaceError, OperationalError) as error:
            self.say(f"the database is away: {str(error).strip()}")
            connection.close()
            return False

    def _delays(self, world: World, site: Site, stage: Stage) -> list[float]:
        """What was late since the last look, in wall seconds: deadlines, acts, most calls."""
        calls, acts = self._measured
        self._measured = len(site.times), len(stage.lateness)
        answered = sorted(site.times[calls:])
        return [
            overdue(world.branch.pk) / self.pace.scale,
            *answered[: max(1, len(answered) * 9 // 10)][-1:],
            *stage.lateness[acts:],
        ]

    def _catch_up(self, world: World, stage: Stage, crew: Crew) -> bool:
        missed = timedelta(seconds=MISSED_AFTER * self.pace.scale)
        for contractor_id, offer in missed_offers(world.branch.pk, older_than=missed):
            person = self._people.get(contractor_id)
            if person is not None and offer not in person.seen:
                person.notice()
        for booking in visits_ahead(world.branch.pk, older_than=missed):
            person = self._people.get(booking.contractor_id)
            if person is not None:
                # New to them, moved by the customer, or given to a colleague.
                person.plan(visit_of(booking), booking.offer.travel_minutes)
        stands = standing(world.branch.pk)
        self._tell(stands, stage)
        return stage.idle and crew.nobody_waits and stands.open == 0

    def _tell(self, stands: Standing, stage: Stage) -> None:
        if time.monotonic() - self._said_at < SAY_EVERY:
            return
        self._said_at = time.monotonic()
        local = self.pace.now().astimezone(self.requests[0].window_start.tzinfo)
        self.say(
            f"{local:%a %H:%M}  {stands.jobs}/{len(self.requests)} jobs: "
            f"{stands.completed} completed, {stands.open} open, {stands.cancelled} cancelled, "
            f"{stands.escalated} wait for a human; {stage.waiting} acts to come"
        )

    def _report(
        self,
        world: World,
        site: Site,
        stage: Stage,
        customers: Customers,
        rescues: int,
        begun: float,
    ) -> dict[str, Any]:
        stands = standing(world.branch.pk)
        found = report.figures(
            branch_id=world.branch.pk, stands=stands, governor=self._governor, times=site.times
        )
        late = sum(person.late_answers for person in self._people.values())
        behind = sorted(stage.lateness)
        self.say(
            f"{len(site.times)} requests to the API, {late} answers came too late, "
            f"{site.broken} connections broke, {stage.failures} acts failed"
        )
        if behind:
            self.say(
                f"acts began up to {behind[int(len(behind) * 0.99)] * 1000:.0f} ms late (p99, wall)"
            )
        for line in customers.refused[:10]:
            self.say(f"not taken in: {line}")
        people = self._people.values()
        counted = time.monotonic()
        possible = possible_promises(
            world.branch,
            unwilling=set().union(*(person.unwilling for person in people)),
            dropped=set().union(*(person.dropped for person in people)),
        )
        return {
            **found,
            "promises_possible": possible.promises,
            "promises_possible_if_willing": possible.if_willing,
            "promises_kept_of_possible": report.share(found["promises_kept"], possible.promises),
            "bound_s": round(time.monotonic() - counted, 2),
            "clock_rescues": report.rescues() - rescues,
            "http_5xx": site.server_errors,
            "audit_violations": report.count_violations(),
            "wall_s": round(time.monotonic() - begun, 1),
            "time_scale": self._governor.fastest,
            "time_scale_slowest": self._governor.slowest,
            "seed": self.seed,
            "branch": world.branch.slug,
            "contractors": len(world.contractors),
            "technicians": self.technicians,
            "requests": len(self.requests),
            "not_taken_in": len(customers.refused),
            "late_answers": late,
            "backed_out": sum(person.backed_out for person in people),
            "no_shows": sum(person.no_shows for person in people),
            "overran": sum(person.overran for person in people),
            "sick_days": len(self._sick),
            "own_prices": sum(person.own_prices for person in people),
            "undeliverable": self._carrier.undeliverable,
            "moved": customers.moved,
            "moves_refused": customers.moves_refused,
            "protection": "on" if self.protects else "off",
            "acts_failed": stage.failures,
        }
