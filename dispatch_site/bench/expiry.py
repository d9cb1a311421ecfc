"""Ten thousand offers that expire at once, and how late a single expiry is."""

from __future__ import annotations

import subprocess
import time
from datetime import timedelta

from django.db import connection
from redis import Redis
from rq import Queue

from dispatch_site.bench.one_by_one import orm_loop
from dispatch_site.bench.scratch import copy_of_base, manage, redis_url
from dispatch_site.bench.world import ANSWER_MINUTES, START, stop_clock
from jobs.audit import run_audit
from jobs.models import Offer
from jobs.services.due import process_timeouts

#: A moment after every first offer's deadline.
AFTER = START + timedelta(minutes=ANSWER_MINUTES + 1)


def _due_ids() -> list[int]:
    return list(
        Offer.objects.filter(status="pending", expires_at__lte=AFTER).values_list("pk", flat=True)
    )


def _check(expected: int) -> int:
    """The end state both sides must reach; returns how many next offers are out."""
    expired = Offer.objects.filter(status="expired").count()
    if expired != expected:
        raise RuntimeError(f"{expired} offers expired, not {expected}")
    found = [finding for finding in run_audit().findings if finding.violations]
    if found:
        raise RuntimeError(f"the audit found violations: {found}")
    return Offer.objects.filter(status="pending").count()


def batch() -> tuple[float, int]:
    """Our way: seconds for all due offers, and next offers made."""
    with copy_of_base(now=AFTER):
        due = len(_due_ids())
        started = time.perf_counter()
        process_timeouts()
        seconds = time.perf_counter() - started
        return seconds, _check(due)


def task_each() -> tuple[float, int]:
    """One RQ task per offer on two SimpleWorkers, both started before the clock runs."""
    with copy_of_base(now=AFTER):
        due = _due_ids()
        redis = Redis.from_url(redis_url())
        redis.flushdb()
        queue = Queue("default", connection=redis)
        workers = [manage("rqworker", "default", "--verbosity", "0") for _ in range(2)]
        try:
            _wait_for_workers(redis)
            started = time.perf_counter()
            queue.enqueue_many(
                [
                    Queue.prepare_data(
                        "dispatch_site.bench.one_by_one.expire_and_advance_one",
                        (offer_id,),
                        result_ttl=0,
                    )
                    for offer_id in due
                ]
            )
            while Offer.objects.filter(status="pending", expires_at__lte=AFTER).exists():
                time.sleep(0.05)
            while queue.count or queue.started_job_registry.count:
                time.sleep(0.05)
            seconds = time.perf_counter() - started
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                _end(worker)
            redis.flushdb()
        return seconds, _check(len(due))


def _wait_for_workers(redis: Redis) -> None:
    deadline = time.monotonic() + 60
    while redis.scard("rq:workers") < 2:
        if time.monotonic() > deadline:
            raise RuntimeError("the two workers did not start")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def loop() -> tuple[float, int]:
    """The ORM loop in one process."""
    with copy_of_base(now=AFTER):
        due = _due_ids()
        started = time.perf_counter()
        orm_loop(due)
        seconds = time.perf_counter() - started
        return seconds, _check(len(due))


def lateness(*, offers: int, over_seconds: float) -> dict[str, float]:
    """Real clock, real worker: offers whose deadlines come one after another, by wall time.

    Returns the 50th and 99th percentile of (closed − deadline) in ms, and how many were early.
    """
    with copy_of_base():
        stop_clock(None)
        with connection.cursor() as cursor:
            # Deadlines are frozen by a trigger; for this set-up alone it is put aside.
            cursor.execute("ALTER TABLE jobs_offer DISABLE TRIGGER offer_before_update")
            cursor.execute(
                "UPDATE jobs_offer o SET made_at = clock_timestamp(), expires_at ="
                " clock_timestamp() + interval '8 seconds' + n * %s * interval '1 second'"
                " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM jobs_offer"
                "  WHERE status = 'pending' ORDER BY id LIMIT %s) s WHERE o.id = s.id",
                [over_seconds / offers, offers],
            )
            cursor.execute(
                "UPDATE jobs_offer SET expires_at = clock_timestamp() + interval '1 day'"
                " WHERE status = 'pending' AND made_at < clock_timestamp() - interval '1 hour'"
            )
            cursor.execute("ALTER TABLE jobs_offer ENABLE TRIGGER offer_before_update")
            cursor.execute(
                "UPDATE jobs_job j SET next_wake_at = o.expires_at FROM jobs_offer o"
                " WHERE o.job_id = j.id AND o.status = 'pending'"
            )
        Redis.from_url(redis_url()).flushdb()
        processes = [
            manage("clock"),
            manage("rqworker", "timeouts", "--verbosity", "0"),
            manage("rqworker", "default", "--verbosity", "0"),
        ]
        try:
            deadline = time.monotonic() + over_seconds + 60
            while Offer.objects.filter(status="expired").count() < offers:
                if time.monotonic() > deadline:
                    raise RuntimeError("the clock did not expire every offer in time")
                time.sleep(0.5)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                _end(process)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY late) * 1000,"
                " percentile_cont(0.99) WITHIN GROUP (ORDER BY late) * 1000,"
                " count(*) FILTER (WHERE late < 0) FROM (SELECT extract(epoch FROM"
                " closed_at - expires_at) AS late FROM jobs_offer WHERE status = 'expired') t"
            )
            p50, p99, early = cursor.fetchone()
        return {"p50_ms": float(p50), "p99_ms": float(p99), "early": float(early)}
