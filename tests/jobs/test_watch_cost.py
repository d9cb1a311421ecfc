"""Watching costs a fixed number of statements, however many visits are due at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs.models import Booking, Message
from jobs.services.watch import watch_visits
from tests.jobs.steps import booked
from tests.jobs.world import START, make_contractor

DAY = timedelta(days=1)


def cost(clock: Any, make_job: Any, visits: int) -> int:
    """Statements for asking so many contractors to confirm; all of it is undone."""
    with transaction.atomic():
        clock.set(START)
        begins = (START + 2 * DAY).replace(hour=13)
        for _ in range(visits):
            booked(make_job(window_start=begins, window_end=begins + timedelta(hours=4)))
        last = Booking.objects.order_by("-starts_at").values_list("starts_at", flat=True)[0]
        clock.set(last - DAY)
        with CaptureQueriesContext(connection) as spent:
            assert watch_visits() == visits
        assert Message.objects.filter(template="confirm_visit").count() == visits
        transaction.set_rollback(True)
    return sum("SAVEPOINT" not in query["sql"] for query in spent)


def test_asking_twenty_costs_what_asking_three_does(
    clock: Any, branch: Any, service_type: Any, make_job: Any
) -> None:
    for number in range(25):
        make_contractor(branch, f"C{number}", kilometres_north=0.2 * number)
    assert cost(clock, make_job, 3) == cost(clock, make_job, 20)
