"""A step of protection while ten thousand offers expire; and the plan of a cascade's windows."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.test.utils import override_settings
from redis import Redis

from dispatch_site.bench.expiry import AFTER, _end, _wait_for_workers
from dispatch_site.bench.scratch import copy_of_base, manage, redis_url
from dispatch_site.bench.world import START, stop_clock
from jobs.actors import Actor
from jobs.audit import run_audit
from jobs.models import Booking, Job, Offer
from jobs.services.answers import accept_offer
from jobs.services.visits import release_visit
from jobs.windows import plan_cascade

#: People who give a visit back at the same time.
AT_ONCE = 2
#: A step that takes longer than this is counted as having taken this long.
PATIENCE = 60.0


def step_times(*, visits: int) -> tuple[list[float], int]:
    """Seconds from giving a visit back to the next offer out, while all the offers expire.

    The site's own clock and workers do everything but the giving back. Returns the times of the
    steps that began before all had expired and the next ones were out, and how many expired.
    """
    queues = {name: {**of, "URL": redis_url()} for name, of in settings.RQ_QUEUES.items()}
    with copy_of_base(now=AFTER), override_settings(RQ_QUEUES=queues):
        stop_clock(START)
        booked = [
            accept_offer(offer_id=offer_id, actor=Actor.system("bench"), via="api").pk
            for offer_id in Offer.objects.filter(status="pending")
            .order_by("pk")
            .values_list("pk", flat=True)[:visits]
        ]
        stop_clock(AFTER)
        due = Offer.objects.filter(status="pending", expires_at__lte=AFTER).count()
        redis = Redis.from_url(redis_url())
        redis.flushdb()
        processes = [
            manage("rqworker", "timeouts", "--verbosity", "0"),
            manage("rqworker", "searches", "--verbosity", "0"),
            manage("rqworker", "default", "--verbosity", "0"),
        ]
        try:
            _wait_for_workers(redis)
            processes.append(manage("clock"))
            while not Offer.objects.filter(status="expired").exists():
                time.sleep(0.01)
            times = _give_back(booked)
            _wait_until_quiet()
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                _end(process)
            redis.flushdb()
        found = [finding for finding in run_audit().findings if finding.violations]
        if found:
            raise RuntimeError(f"the audit found violations: {found}")
        return times, due


def _give_back(booked: list[int]) -> list[float]:
    """Each visit in turn, by ``AT_ONCE`` people, as long as offers expire and go out."""
    times: list[float] = []
    waiting = list(booked)
    lock = threading.Lock()

    def work() -> None:
        try:
            while _is_busy():
                with lock:
                    if not waiting:
                        return
                    booking_id = waiting.pop()
                seconds = _step(booking_id)
                with lock:
                    times.append(seconds)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _step(booking_id: int) -> float:
    job_id = Booking.objects.values_list("job_id", flat=True).get(pk=booking_id)
    started = time.perf_counter()
    release_visit(booking_id=booking_id, reason="vehicle", actor=Actor.system("bench"))
    while not Offer.objects.filter(job_id=job_id, status="pending").exists():
        if time.perf_counter() - started > PATIENCE:
            return PATIENCE
        time.sleep(0.01)
    return time.perf_counter() - started


_BUSY = """
SELECT EXISTS (SELECT 1 FROM jobs_offer WHERE status = 'pending' AND expires_at <= %s)
    OR (SELECT count(*) > 20 FROM (SELECT 1 FROM jobs_job WHERE status = 'offering'
         AND next_wake_at <= (SELECT app_now()) LIMIT 21) due)
"""


def _is_busy() -> bool:
    """Whether more than what was just given back is still due."""
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, [AFTER])
        return bool(cursor.fetchone()[0])


def _wait_until_quiet() -> None:
    """Until every job that was due has been looked at."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        due = Job.objects.filter(status="offering", next_wake_at__lte=AFTER).exists()
        if not due and not _is_busy():
            return
        time.sleep(0.2)
    raise RuntimeError("the workers did not finish in five minutes")


def plan_milliseconds(*, candidates: int = 60, runs: int = 2_000) -> float:
    """Milliseconds of work for all the windows of one cascade of ``candidates``, p99."""
    usual = [timedelta(minutes=2 + n % 17) for n in range(candidates)]
    times = []
    for run in range(runs):
        left = timedelta(minutes=5 + run % 1_440)
        started = time.process_time()
        plan_cascade(left=left, usual=usual, cap=timedelta(minutes=60))
        times.append((time.process_time() - started) * 1_000)
    return sorted(times)[int(len(times) * 0.99)]
