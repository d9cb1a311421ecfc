"""Figures for Prometheus: the process's own, the queues', and how late the due list is."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error as DatabaseError
from django_rq.contrib.prometheus import RQCollector
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from dispatch_site.heartbeat import clock_age_seconds


class ClockCollector(Collector):
    """The age of the clock's heartbeat; absent while the database is unreachable."""

    def collect(self) -> Iterator[Metric]:
        try:
            age = clock_age_seconds()
        except DatabaseError:
            return
        if age is not None:
            yield GaugeMetricFamily(
                "firstcall_clock_heartbeat_age_seconds",
                "Seconds of wall time since the clock last looked at the due list.",
                value=age,
            )


class QueueCollector(RQCollector):
    """RQ's figures; absent while Redis is unreachable, so that the others still come."""

    def collect(self) -> Iterator[Metric]:
        try:
            yield from super().collect()
        except RedisError:
            return


REGISTRY = CollectorRegistry()
for collector in (ClockCollector(), QueueCollector()):
    REGISTRY.register(collector)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
