"""The clock on a real Redis: hands over, rescues, counts, and never does a thing twice."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from django.conf import settings as site
from django.db import connection, transaction
from rq.job import Job as Task
from rq.job import JobStatus as TaskStatus

from dispatch_site.embedded.paths import BASE_DIR
from jobs import clock as clock_module
from jobs import tasks
from jobs.clock import LONGEST_TASK, PATIENCE, Clock
from jobs.models import ClockBeat, Job, JobEvent, Offer
from jobs.queue import (
    DEFAULT,
    PROCESS_DUE,
    SEARCH_JOBS,
    SEARCHES,
    TIMEOUTS,
    enqueue,
    hint,
    queue_of,
)
from jobs.services.expiry import expire_due_offers
from jobs.services.jobs import cancel_job
from jobs.services.locked import lock_job
from jobs.services.visits import arrive, complete_visit, release_visit, set_eta, start_travel
from network.models import Contractor
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, accept, decline, offered
from tests.jobs.world import make_contractor, pending_offer, run_due

pytestmark = pytest.mark.django_db(transaction=True)


class Wall:
    """Wall time in the test's hands, in seconds."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def wall(monkeypatch) -> Wall:
    held = Wall()
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic=held.monotonic))
    return held


@pytest.fixture
def no_redis(settings) -> None:
    """Every connection to Redis is refused."""
    settings.RQ_QUEUES = {
        name: {**options, "URL": "redis://127.0.0.1:1/0"}
        for name, options in site.RQ_QUEUES.items()
    }


@pytest.fixture
def due(clock, branch, trio, make_job) -> Offer:
    """An offer whose time has run out; nothing else is due, and the queues are empty."""
    offer = offered(make_job())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_message SET status = 'sent'")
    clock.set(offer.expires_at)
    for name in (TIMEOUTS, SEARCHES, DEFAULT):
        queue_of(name).empty()
    return offer


def status_of(offer: Offer) -> str:
    return Offer.objects.get(pk=offer.pk).status


def task_of(clock: Clock) -> Task:
    lane = next(lane for lane in clock._lanes if lane.task == PROCESS_DUE)
    return Task.fetch(lane.task_id, connection=queue_of(TIMEOUTS).connection)


def test_what_is_due_is_handed_over_as_one_task_without_arguments(due, wall):
    clock = Clock()
    clock.tick()
    clock.tick()
    tasks = queue_of(TIMEOUTS).jobs
    assert [(task.func_name, task.args) for task in tasks] == [(PROCESS_DUE, ())]
    assert (clock.handed_over, clock.rescues) == (1, 0)
    assert status_of(due) == "pending"


def test_nothing_due_hands_nothing_over(clock, branch, wall):
    ticking = Clock()
    ticking.tick()
    assert queue_of(TIMEOUTS).count == queue_of(DEFAULT).count == 0


def test_a_new_job_is_handed_to_the_queue_for_searches(clock, branch, trio, make_job, wall):
    make_job()
    queue_of(SEARCHES).empty()
    Clock().tick()
    assert [task.func_name for task in queue_of(SEARCHES).jobs] == [SEARCH_JOBS]
    assert queue_of(TIMEOUTS).count == queue_of(DEFAULT).count == 0


def test_after_a_second_without_a_worker_the_clock_does_it_and_counts(due, wall):
    clock = Clock()
    clock.tick()
    wall.now += PATIENCE - 0.001
    clock.tick()
    assert (status_of(due), clock.rescues) == ("pending", 0)
    wall.now += 0.001
    clock.tick()
    assert (status_of(due), clock.rescues) == ("expired", 1)
    assert pending_offer(due.job).contractor.name == "Lisa"
    clock._beat()
    beat = ClockBeat.objects.get()
    assert (beat.rescues, beat.handed_over) == (1, clock.handed_over)


def test_tasks_do_not_pile_up_while_no_worker_works(due, wall, clock):
    ticking = Clock()
    for _ in range(4):
        for _ in range(8):
            wall.now += 0.2
            ticking.tick()
        pending = Offer.objects.filter(job=due.job, status="pending").first()
        if pending:
            clock.set(pending.expires_at)
    assert status_of(due) == "expired"
    assert queue_of(TIMEOUTS).count == 1
    assert ticking.rescues >= 3


def test_a_task_whose_worker_was_killed_is_handed_over_again(due, wall):
    clock = Clock()
    clock.tick()
    killed = task_of(clock)
    queue_of(TIMEOUTS).empty()
    killed.save()
    killed.set_status(TaskStatus.STARTED)
    wall.now += LONGEST_TASK - 0.001
    clock.tick()
    assert (clock.handed_over, clock.rescues) == (1, 0)
    wall.now += 0.001
    clock.tick()
    assert (clock.handed_over, clock.rescues) == (2, 0)
    assert queue_of(TIMEOUTS).count == 1


def test_a_task_that_waits_for_a_busy_worker_is_left_to_it(due, wall):
    clock = Clock()
    clock.tick()
    queue = queue_of(TIMEOUTS)
    busy = queue.started_job_registry.key
    queue.connection.zadd(busy, {"another:1": time.time() + 60})
    try:
        wall.now += LONGEST_TASK - 0.001
        clock.tick()
        assert (status_of(due), clock.rescues) == ("pending", 0)
        wall.now += 0.001
        clock.tick()
        assert (status_of(due), clock.rescues) == ("expired", 1)
    finally:
        queue.connection.delete(busy)


def test_a_hint_wakes_nobody_twice_until_its_task_begins(branch):
    queue = queue_of(SEARCHES)
    queue.empty()
    for _ in range(3):
        hint(SEARCHES, SEARCH_JOBS)
    assert queue.count == 1
    tasks.search_jobs()  # what is committed from here on, it may have missed
    hint(SEARCHES, SEARCH_JOBS)
    assert queue.count == 2
    queue.empty()


def test_a_backlog_longer_than_a_stretch_is_left_to_the_next_task(due, monkeypatch):
    monkeypatch.setattr(tasks, "AT_A_STRETCH", 0.0)
    tasks.process_due()
    assert status_of(due) == "pending"
    assert [task.func_name for task in queue_of(TIMEOUTS).jobs] == [PROCESS_DUE]
    monkeypatch.undo()
    queue_of(TIMEOUTS).empty()
    tasks.process_due()
    assert status_of(due) == "expired"
    assert queue_of(TIMEOUTS).count == 0


def test_a_task_that_failed_is_done_by_the_clock(due, wall):
    clock = Clock()
    clock.tick()
    task_of(clock).set_status(TaskStatus.FAILED)
    clock.tick()
    assert (status_of(due), clock.rescues) == ("expired", 1)


def test_when_a_task_is_done_and_more_is_due_the_next_is_handed_over_at_once(due, wall):
    clock = Clock()
    clock.tick()
    queue_of(TIMEOUTS).empty()
    clock.tick()
    assert (clock.handed_over, clock.rescues) == (2, 0)


def test_without_redis_the_clock_works_itself_at_once(due, wall, no_redis):
    clock = Clock()
    clock.tick()
    assert (status_of(due), clock.rescues, clock.handed_over) == ("expired", 1, 0)


def test_one_kind_of_work_that_fails_does_not_stop_the_others(due, wall, no_redis, monkeypatch):
    clock = Clock()

    def broken() -> int:
        raise RuntimeError("poison")

    clock._lanes[1].work, clock._lanes[1].is_due = broken, lambda found: True
    order = clock._lanes
    order[0], order[1] = order[1], order[0]
    clock.tick()
    assert status_of(due) == "expired"
    assert clock.rescues >= 2


def test_the_clock_protects_appointments(due, wall, clock):
    clock.set(due.made_at)
    Contractor.objects.filter(pk=due.contractor_id).update(status="suspended")
    Clock().tick()
    assert status_of(due) == "withdrawn"


def test_two_clocks_at_once_never_do_a_thing_twice(clock, branch, trio, make_job, no_redis):
    for number in range(6):
        make_contractor(branch, f"C{number}", kilometres_north=2 + number)
    offers = [offered(make_job()) for _ in range(8)]
    last = max(offer.expires_at for offer in offers)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_message SET status = 'sent'")
    clock.everywhere(last)
    barrier = threading.Barrier(2)
    clocks = [Clock(name="one"), Clock(name="two")]

    def run(ticking: Clock) -> None:
        try:
            barrier.wait(10)
            for _ in range(5):
                ticking.tick()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(ticking,)) for ticking in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    clock.everywhere(None)
    assert Offer.objects.filter(status="expired").count() == 8
    assert JobEvent.objects.filter(kind="offer_expired").count() == 8
    assert Outcome.objects.filter(kind="expired").count() == 8
    for job in Job.objects.all():
        assert Offer.objects.filter(job=job, status="pending").count() == 1
        assert Offer.objects.filter(job=job).count() == 2
        sequences = JobEvent.objects.filter(job=job).values_list("sequence", flat=True)
        assert sorted(sequences) == list(range(1, job.last_sequence + 1))
    assert set(ClockBeat.objects.values_list("name", flat=True)) == {"one", "two"}


def test_an_offer_that_is_being_answered_is_skipped_and_not_waited_for(due):
    holds, may_go = threading.Event(), threading.Event()

    def answer() -> None:
        try:
            with transaction.atomic():
                lock_job(due.job_id)
                holds.set()
                may_go.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    holds.wait(20)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        assert expire_due_offers().offers == 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
        may_go.set()
        thread.join(20)
    assert expire_due_offers().offers == 1


@pytest.mark.slow
def test_a_real_worker_takes_the_task(due, clock, wall, process_environment):
    clock.everywhere(due.expires_at)
    ticking = Clock()
    ticking.tick()
    subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), "rqworker", "timeouts", "--burst"],
        env=process_environment,
        check=True,
        timeout=60,
        capture_output=True,
    )
    clock.everywhere(None)
    assert status_of(due) == "expired"
    assert pending_offer(due.job).contractor.name == "Lisa"
    assert ticking.rescues == 0
    assert queue_of(TIMEOUTS).failed_job_registry.count == 0


def test_every_service_commits_while_redis_is_down(clock, branch, trio, make_job, no_redis, caplog):
    """Hints and notices are lost; no committed change becomes an error."""
    job = make_job()
    decline(offered(job))
    run_due()
    clock.set(pending_offer(job).expires_at)
    run_due()
    booking = accept(pending_offer(job))
    set_eta(booking_id=booking.pk, eta=job.window_start, actor=SYSTEM)
    release_visit(booking_id=booking.pk, reason="sick", actor=SYSTEM)
    run_due()
    again = accept(pending_offer(job))
    clock.set(job.window_start)
    start_travel(booking_id=again.pk, actor=SYSTEM)
    arrive(booking_id=again.pk, actor=SYSTEM)
    complete_visit(booking_id=again.pk, result="fixed", actor=SYSTEM)
    other = make_job()
    cancel_job(job_id=other.pk, by="customer", reason="price", actor=SYSTEM)
    assert sorted(Job.objects.values_list("status", flat=True)) == ["cancelled", "completed"]
    # Each loss is expected and noted as such: none reached Django's last net for such errors.
    enqueue(TIMEOUTS, PROCESS_DUE)
    assert not [record for record in caplog.records if record.name.startswith("django.db")]
