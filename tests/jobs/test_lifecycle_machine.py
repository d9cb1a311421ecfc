"""The whole life of jobs, in any order of what people do, against a pure model.

A few short runs with every test; the long ones by ``FIRSTCALL_LIFECYCLE_RUNS=2000`` (of 50 steps
each unless ``FIRSTCALL_LIFECYCLE_STEPS`` says otherwise). After each run the audit is clean.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from jobs.actors import Actor
from jobs.audit import run_audit
from jobs.errors import DomainError
from jobs.models import Booking, Offer, Protection, Standby
from jobs.models import Job as JobRow
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.dispatch import rebook, search_again
from jobs.services.jobs import cancel_job
from jobs.services.moves import move_job
from jobs.services.proposals import accept_proposal, decline_proposal, propose
from jobs.services.protection import protect_appointments
from jobs.services.sick import report_sick
from jobs.services.standby import answer_standby
from jobs.services.undeliverable import pass_on_undeliverable
from jobs.services.visits import arrive, complete_visit, release_visit, set_eta, start_travel
from jobs.watch import Watched
from network.models import Contractor
from tests.jobs import lifecycle_model as model
from tests.jobs.world import START, make_contractor, run_due, settle

RUNS = int(os.environ.get("FIRSTCALL_LIFECYCLE_RUNS", "6"))
STEPS = int(os.environ.get("FIRSTCALL_LIFECYCLE_STEPS", "50" if RUNS > 6 else "25"))
SYSTEM = Actor.system("test")
LEAD = timedelta(minutes=75)
PICK = st.integers(0, 11)


class Lifecycle(RuleBasedStateMachine):
    """Two jobs, three contractors. ``world`` is set by the test, which owns the database."""

    world: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now = START
        self.world.clock.set(START)
        self.suspended: set[int] = set()
        self.jobs: dict[int, model.Job] = {}
        hour = timedelta(hours=1)
        for priority, starts in (("standard", START + hour), ("urgent", START + 23 * hour)):
            row = self.world.make_job(
                priority=priority, window_start=starts, window_end=starts + 4 * hour
            )
            self.jobs[row.pk] = model.Job(row.window_start, row.window_end, row.not_to_exceed)

    def teardown(self) -> None:
        try:
            settle()
            found = run_audit(wait=lambda seconds: None)
            assert {f.check.id: f.ids for f in found.findings if f.ids} == {}
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # -- what people do ------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([0, 1, 5, 15, 15, 30, 60, 180]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.world.clock.set(self.now)
        run_due()
        for job in self.jobs.values():
            if job.status == "new":
                job.status = "offering"
            job.expire(now=self.now)
            job.watch(now=self.now, suspended=self.suspended)
        self.agrees()

    @precondition(lambda self: self.offers())
    @rule(pick=PICK, answer=st.sampled_from(["yes", "yes", "no", "lost"]))
    def somebody_answers(self, pick: int, answer: str) -> None:
        job, pk, offer = self.chosen(self.offers(), pick)
        if answer == "yes":
            wanted = job.accept(offer, now=self.now, suspended=self.suspended)
            self.does(wanted, lambda: accept_offer(offer_id=pk, actor=SYSTEM, via="portal"))
        elif answer == "no":
            wanted = job.decline(offer, now=self.now)
            self.does(
                wanted,
                lambda: decline_offer(offer_id=pk, reason="too_far", actor=SYSTEM, via="portal"),
            )
        else:
            assert pass_on_undeliverable(offer_id=pk) == job.undeliverable(offer, now=self.now)
        self.agrees()

    @precondition(lambda self: self.offers())
    @rule(
        pick=PICK,
        more=st.sampled_from([0, 5, 400]),
        later=st.sampled_from([None, None, 30, 300]),
    )
    def somebody_names_a_price_or_time(self, pick: int, more: int, later: int | None) -> None:
        job, pk, offer = self.chosen(self.offers(), pick)
        pay = offer.pay + more
        start = None if later is None else offer.starts_at + timedelta(minutes=later)
        may = job.may_propose(offer, pay, start, now=self.now)
        refused = refusal(lambda: propose(offer_id=pk, pay=pay, starts_at=start, actor=SYSTEM))
        if refused is not None:
            # Only he knows beforehand whether a start of his own suits his calendar.
            fits = start is None or not job.is_by_rule(offer, pay, start)
            assert not (may and fits), refused
        else:
            assert may, "the model refuses this"
            if not offer.countered:
                row = Offer.objects.get(proposal__original=pk)
                counter = replace(offer_of(row), status="pending", waits=True, own_start=start)
                job.offers[row.pk] = counter
                assert (row.pay, row.starts_at) == (pay, offer.starts_at)
                job.propose(offer, counter)
        self.agrees()

    @rule(pick=PICK, yes=st.booleans())
    def the_branch_decides_about_it(self, pick: int, yes: bool) -> None:
        waiting = [pk for pk, job in self.jobs.items() if job.waiting]
        pk = (waiting or sorted(self.jobs))[pick % len(waiting or self.jobs)]
        job = self.jobs[pk]
        if not yes:
            self.does(job.disagree(), lambda: decline_proposal(job_id=pk, actor=SYSTEM))
        else:
            may, offer = job.may_agree(now=self.now), job.waiting
            refused = refusal(lambda: accept_proposal(job_id=pk, actor=SYSTEM))
            if refused is not None:
                assert not may or (offer is not None and offer.own_start is not None), refused
            else:
                assert may, "the model refuses this"
                job.agree()
        self.agrees()

    @rule(pick=PICK, hours=st.sampled_from([-24, -2, 0, 1, 2, 24]), by_customer=st.booleans())
    def the_appointment_moves(self, pick: int, hours: int, by_customer: bool) -> None:
        pk = sorted(self.jobs)[pick % len(self.jobs)]
        job = self.jobs[pk]
        start, end = (at + timedelta(hours=hours) for at in (job.window_start, job.window_end))
        visit = job.live_visit
        what = job.move(start, end, now=self.now)
        self.does(
            what != "refused",
            lambda: move_job(
                job_id=pk,
                window_start=start,
                window_end=end,
                by_customer=by_customer,
                actor=SYSTEM,
            ),
        )
        if what == "booked":
            assert visit is not None
            row = Booking.objects.filter(job=pk, live=True).first()
            if row is None:
                job.lose(visit, suspended=self.suspended, may_step_in=False)
            else:
                assert row.contractor_id == visit.contractor
                assert start <= row.starts_at <= end
                job.keep(visit, row.starts_at, row.ends_at)
        self.agrees()

    @precondition(lambda self: self.visits())
    @rule(pick=PICK, minutes=st.integers(-30, 270))
    def a_time_is_named(self, pick: int, minutes: int) -> None:
        job, pk, visit = self.chosen(self.visits(), pick)
        eta = job.window_start + timedelta(minutes=minutes)
        self.word(
            job,
            visit,
            lambda: job.set_eta(visit, eta, now=self.now),
            lambda: set_eta(booking_id=pk, eta=eta, actor=SYSTEM),
        )

    @precondition(lambda self: self.visits())
    @rule(pick=PICK)
    def somebody_sets_out(self, pick: int) -> None:
        job, pk, visit = self.chosen(self.visits(), pick)
        self.word(
            job,
            visit,
            lambda: job.start_travel(visit, now=self.now),
            lambda: start_travel(booking_id=pk, actor=SYSTEM),
        )

    @precondition(lambda self: self.visits())
    @rule(pick=PICK)
    def somebody_arrives(self, pick: int) -> None:
        job, pk, visit = self.chosen(self.visits(), pick)
        self.word(
            job,
            visit,
            lambda: job.arrive(visit),
            lambda: arrive(booking_id=pk, actor=SYSTEM),
        )

    @precondition(lambda self: self.visits())
    @rule(pick=PICK)
    def a_visit_ends(self, pick: int) -> None:
        job, pk, visit = self.chosen(self.visits(), pick)
        self.does(
            job.complete(visit),
            lambda: complete_visit(booking_id=pk, result="fixed", actor=SYSTEM),
        )
        self.agrees()

    @precondition(lambda self: self.visits())
    @rule(pick=PICK)
    def a_visit_is_given_back(self, pick: int) -> None:
        job, pk, visit = self.chosen(self.visits(), pick)
        self.does(
            job.give_back(visit, suspended=self.suspended),
            lambda: release_visit(booking_id=pk, reason="vehicle", actor=SYSTEM),
        )
        self.agrees()

    @precondition(lambda self: self.standbys())
    @rule(pick=PICK, yes=st.booleans())
    def somebody_is_asked_to_stand_by_and_answers(self, pick: int, yes: bool) -> None:
        job, pk, standby = self.chosen(self.standbys(), pick)
        self.does(
            job.answer_standby(standby, yes=yes, now=self.now),
            lambda: answer_standby(standby_id=pk, yes=yes, actor=SYSTEM),
        )
        self.agrees()

    @rule(pick=PICK, really=st.integers(0, 9))
    def the_customer_cancels(self, pick: int, really: int) -> None:
        if really:  # seldom, or nothing would be left to look at
            return
        pk = sorted(self.jobs)[pick % len(self.jobs)]
        self.does(
            self.jobs[pk].cancel(),
            lambda: cancel_job(job_id=pk, by="customer", reason="other", actor=SYSTEM),
        )
        self.agrees()

    @rule(pick=PICK, how=st.sampled_from(["rebook", "search"]))
    def the_dispatcher_steps_in(self, pick: int, how: str) -> None:
        pk = sorted(self.jobs)[pick % len(self.jobs)]
        job = self.jobs[pk]
        if how == "rebook":
            may = job.status in model.MOVING
            if may and job.live_visit is not None:
                job.lose(job.live_visit, suspended=self.suspended, may_step_in=False)
            self.does(may, lambda: rebook(job_id=pk, actor=SYSTEM))
        else:
            may = job.status == "new" or (job.status == "offering" and not job.pending())
            self.does(may, lambda: search_again(job_id=pk, actor=SYSTEM))
        self.agrees()

    @rule(pick=PICK, back=st.booleans())
    def somebody_is_suspended_or_comes_back(self, pick: int, back: bool) -> None:
        contractor = self.world.people[pick % 3].pk
        Contractor.objects.filter(pk=contractor).update(status="active" if back else "suspended")
        if back:
            self.suspended.discard(contractor)
        else:
            self.suspended.add(contractor)
        protect_appointments()
        for job in self.jobs.values():
            job.without(self.suspended)
        self.agrees()

    @rule(pick=PICK, really=st.integers(0, 3))
    def somebody_is_sick(self, pick: int, really: int) -> None:
        if really:
            return
        person = self.world.people[pick % 3]
        report = report_sick(technician_id=person.technicians.get().pk, actor=SYSTEM)
        for job in self.jobs.values():
            job.sick(person.pk, now=self.now, until=report.until, suspended=self.suspended)
        self.agrees()

    # -- comparing -----------------------------------------------------------------------------

    def does(self, may: bool, act: Callable[[], Any]) -> None:
        """The service does it exactly when the model says so."""
        refused = refusal(act)
        assert may == (refused is None), refused or "the model refuses this"

    def word(
        self,
        job: model.Job,
        visit: model.Visit,
        says: Callable[[], bool],
        act: Callable[[], Any],
    ) -> None:
        """A word about a visit, which may bring it back first."""
        before = job.come_back(visit) if not self._is_hindered(job, visit, act) else "hindered"
        if before != "hindered":
            self.does(before != "gone" and says(), act)
        self.agrees()

    def _is_hindered(self, job: model.Job, visit: model.Visit, act: Callable[[], Any]) -> bool:
        """Whether his time is taken by other work meanwhile: then nothing changes."""
        if visit.live or not visit.silent or job.status != "offering":
            return False
        try:
            with transaction.atomic():
                act()
                transaction.set_rollback(True)
        except DomainError as error:
            return "taken by something else" in error.detail
        return False

    def agrees(self) -> None:
        settle()
        for pk, job in self.jobs.items():
            row = JobRow.objects.get(pk=pk)
            assert row.status == job.status
            assert (row.window_start, row.window_end) == (job.window_start, job.window_end)
            self._offers_agree(pk, job)
            self._visits_agree(pk, job)
            self._standbys_agree(pk, job)

    def _offers_agree(self, pk: int, job: model.Job) -> None:
        for row in Offer.objects.filter(job=pk).order_by("pk"):
            known = job.offers.get(row.pk)
            if known is None:
                if row.status == "pending":
                    assert job.status == "offering", "nobody is asked for what is not searched"
                    assert row.contractor_id not in self.suspended
                    beside = [o for o in job.pending() if o.contractor == row.contractor_id]
                    assert not beside
                    assert not job.pending() or row.seat.upper is not None
                else:
                    assert (row.status, row.via) == ("accepted", "standby")
                job.offers[row.pk] = offer_of(row)
            else:
                assert row.status == known.status
                if row.status == "withdrawn":
                    assert row.reason == known.reason

    def _visits_agree(self, pk: int, job: model.Job) -> None:
        live = [row for row in Booking.objects.filter(job=pk).order_by("pk") if row.live]
        assert [row.contractor_id for row in live] == ([job.holder] if job.holder else [])
        for row in Booking.objects.filter(job=pk).order_by("pk"):
            if row.pk not in job.visits:
                assert row.live
                job.visits[row.pk] = model.Visit(
                    row.contractor_id,
                    Watched(
                        window_end=job.window_end,
                        starts_at=row.starts_at,
                        booked_at=row.booked_at,
                        eta=None,
                        en_route_at=None,
                        asked_at=row.asked_at,
                        asked_again_at=row.asked_again_at,
                        nudged_at=row.nudged_at,
                        lead=LEAD,
                    ),
                    row.ends_at,
                )
            known = job.visits[row.pk]
            assert (row.live, row.end_kind) == (known.live, known.end)
            if row.live:
                watched = known.watched
                assert (row.eta, row.en_route_at) == (watched.eta, watched.en_route_at)
                assert (row.asked_at, row.asked_again_at, row.nudged_at) == (
                    watched.asked_at,
                    watched.asked_again_at,
                    watched.nudged_at,
                )

    def _standbys_agree(self, pk: int, job: model.Job) -> None:
        for row in Standby.objects.filter(job=pk).order_by("pk"):
            known = job.standbys.get(row.pk)
            if known is None:
                assert row.status == "asked"
                assert job.status in model.MOVING
                assert row.contractor_id != job.holder
                job.standbys[row.pk] = model.Standby(
                    row.contractor_id, row.status, row.expires_at, row.starts_at, row.ends_at
                )
            else:
                assert row.status == known.status

    # -- choosing ------------------------------------------------------------------------------

    def offers(self) -> list[tuple[model.Job, int, model.Offer]]:
        return [(job, pk, o) for job in self.jobs.values() for pk, o in job.offers.items()]

    def visits(self) -> list[tuple[model.Job, int, model.Visit]]:
        return [(job, pk, v) for job in self.jobs.values() for pk, v in job.visits.items()]

    def standbys(self) -> list[tuple[model.Job, int, model.Standby]]:
        return [(job, pk, s) for job in self.jobs.values() for pk, s in job.standbys.items()]

    def chosen(self, among: list[Any], pick: int) -> Any:
        """The newer ones more often."""
        return among[-1 - pick % min(len(among), 6)] if pick < 9 else among[pick % len(among)]


def offer_of(row: Offer) -> model.Offer:
    """An offer as it was found."""
    return model.Offer(
        row.contractor_id,
        row.status,
        row.expires_at,
        row.starts_at,
        row.ends_at,
        row.reason,
        pay=row.pay,
        travel=timedelta(minutes=row.travel_minutes),
        is_open=row.seat.upper is not None,
    )


def refusal(act: Callable[[], Any]) -> str | None:
    """What the service said when it refused; None when it did it."""
    try:
        act()
    except DomainError as error:
        return error.detail
    return None


class World:
    def __init__(self, clock: Any, make_job: Any, people: list[Contractor]) -> None:
        self.clock, self.make_job, self.people = clock, make_job, people


@pytest.mark.slow
def test_any_order_of_words_and_silence_ends_as_the_model_says(
    clock: Any, branch: Any, service_type: Any, make_job: Any
) -> None:
    people = [
        make_contractor(branch, name, kilometres_north=0.5 + number / 10)
        for number, name in enumerate(["Harold", "Lisa", "James"])
    ]
    Protection.objects.create(branch=branch, standby_priorities=["urgent"], standby_fee="20")
    Lifecycle.world = World(clock, make_job, people)
    run_state_machine_as_test(
        Lifecycle,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=RUNS <= 6,
            database=None,
            phases=[Phase.generate] if RUNS <= 6 else [Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
