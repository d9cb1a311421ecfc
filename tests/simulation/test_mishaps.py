"""Sick days, messages that never arrive, customers who want another time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from jobs.models import Booking
from jobs.simulation.channels import PortalChannel
from jobs.simulation.customers import Customers
from jobs.simulation.demand import Request
from jobs.simulation.errors import Refused, SimulationError
from jobs.simulation.mishaps import BEFORE_WORK, Carrier, SickCall, draw_sick_calls, stay_home
from jobs.simulation.numbers import Numbers, with_changes
from jobs.simulation.pace import Pace
from jobs.simulation.stage import Stage
from jobs.simulation.world import make_world
from network.clock import install_scaled_clock, install_test_clock
from network.models import CalendarEntry, Contractor
from tests.jobs.steps import booked, offered
from tests.jobs.world import settle

ZONE = ZoneInfo("America/New_York")
FIRST = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)  # midnight in Boston


def calls(**changes: Any) -> list[SickCall]:
    wanted: dict[str, Any] = {
        "technician_ids": list(range(1000)),
        "first": FIRST,
        "last": FIRST + timedelta(days=1, hours=1),
        "zone": ZONE,
        "seed": 1,
        "numbers": Numbers(sick=0.05),
    }
    return draw_sick_calls(**{**wanted, **changes})


def test_so_many_technicians_fall_ill_each_day_most_of_them_before_work() -> None:
    drawn = calls()
    by_day = Counter(call.at.astimezone(ZONE).date() for call in drawn)
    assert len(by_day) == 2
    for count in by_day.values():
        assert count == pytest.approx(50, abs=25)
    early = sum(call.at.astimezone(ZONE).hour < 8 for call in drawn)
    assert early / len(drawn) == pytest.approx(BEFORE_WORK, abs=0.15)
    assert all(call.at < call.until <= call.at + timedelta(hours=24) for call in drawn)
    assert calls() == drawn, "the seed decides"
    assert calls(seed=2) != drawn
    assert calls(numbers=Numbers(sick=0)) == []


def test_nobody_falls_ill_before_the_beginning() -> None:
    noon = FIRST + timedelta(hours=12)
    assert all(call.at >= noon for call in calls(first=noon))


def test_whoever_is_ill_is_off_and_the_visits_of_the_day_are_looked_after(
    clock: Any, trio: list[Contractor], make_job: Any
) -> None:
    job = make_job()
    booking = booked(job)
    technician = booking.technician_id
    owner = Contractor.objects.get(pk=booking.contractor_id)
    clock.set(job.window_start - timedelta(hours=2))
    call = SickCall(job.window_start, technician, job.window_end + timedelta(hours=8))
    assert stay_home(call, contractor=owner).released == 1
    settle()
    booking.refresh_from_db()
    assert (booking.live, booking.end_kind, booking.reason) == (False, "released", "sick")
    assert {entry.kind for entry in CalendarEntry.objects.filter(technician_id=technician)} == {
        "time_off"
    }
    assert offered(job).contractor_id != owner.pk


def test_a_message_that_did_not_arrive_is_nobodys_silence(
    clock: Any, trio: list[Contractor], make_job: Any
) -> None:
    job = make_job()
    offer = offered(job)
    carrier = Carrier()
    [seen] = PortalChannel(offer.contractor).pending_offers()
    carrier.bounce(seen)
    settle()
    offer.refresh_from_db()
    assert (offer.status, offer.reason, carrier.undeliverable) == ("withdrawn", "undeliverable", 1)
    assert offered(job).contractor_id != offer.contractor_id


@pytest.mark.parametrize(("limit", "is_booked"), [(900, True), (1, False)])
def test_a_price_of_their_own_is_booked_within_the_limit_else_the_branch_is_asked(
    clock: Any, trio: list[Contractor], make_job: Any, limit: int, is_booked: bool
) -> None:
    job = make_job(not_to_exceed=Decimal(limit))
    channel = PortalChannel(offered(job).contractor)
    [seen] = channel.pending_offers()
    visit = channel.propose(seen, seen.pay + 20)
    settle()
    assert (visit is not None) is is_booked
    assert Booking.objects.filter(job=job, live=True).exists() is is_booked


def test_protection_can_be_switched_off_for_a_simulated_branch(db: None) -> None:
    for protects in (True, False):
        world = make_world(
            technicians=4, seed=1, works=["leak-repair"], portal_share=1, protects=protects
        )
        switch = getattr(world.branch, "protection", None)
        assert (switch is None or switch.acts) is protects


def window_after(hours: int) -> dict[str, str]:
    start = FIRST + timedelta(hours=hours)
    return {"start": start.isoformat(), "end": (start + timedelta(hours=4)).isoformat()}


#: One before the promised window, and one after it.
OPENINGS = [window_after(8), window_after(16)]


class Line:
    """A site that writes down what customers send."""

    def __init__(self, refuses: str = "") -> None:
        self.sent: list[tuple[str, Any]] = []
        self.refuses = refuses

    def call(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> Any:
        if self.refuses and path.endswith(self.refuses):
            raise Refused(409, "too-late")
        self.sent.append((path, body))
        if "openings" in path:
            return {"items": [{"window": one, "keeps_contractor": True} for one in OPENINGS]}
        return {"id": "one"}


def play(numbers: Numbers, refuses: str = "") -> tuple[Line, Customers, Request]:
    stage = Stage(Pace(scale=14_400, domain=FIRST), threads=2)
    line = Line(refuses)
    customers = Customers(
        site=line,  # type: ignore[arg-type]
        token="t",
        branch="b",
        zone=ZONE,
        prefix="SIM",
        stage=stage,
        numbers=numbers,
        seed=1,
    )
    opens = FIRST + timedelta(hours=12)
    request = Request(
        number=1,
        at=FIRST + timedelta(hours=3),
        service_type="leak-repair",
        priority=None,
        minutes=None,
        window_start=opens,
        window_end=opens + timedelta(hours=4),
        address="1 Elm St",
        postcode="02215",
        latitude=None,
        longitude=None,
        customer="Ruth",
        description="",
    )
    customers.plan(request)
    stage.run(every=0.02, look=lambda: stage.idle, until=FIRST + timedelta(days=3))
    assert stage.failures == 0
    stage.close()
    return line, customers, request


def test_a_customer_who_moves_asks_for_a_later_window() -> None:
    line, customers, _ = play(Numbers(customer_cancels=0, customer_moves=1))
    assert [path for path, _ in line.sent] == [
        "/jobs", "/jobs/one/openings?limit=12", "/jobs/one/move",
    ]  # fmt: skip
    assert line.sent[2][1] == {"window": OPENINGS[1], "by": "customer"}
    assert (customers.moved, customers.moves_refused) == (1, 0)


def test_whoever_is_offered_no_later_window_stays(monkeypatch: Any) -> None:
    monkeypatch.setitem(globals(), "OPENINGS", OPENINGS[:1])
    line, customers, _ = play(Numbers(customer_cancels=0, customer_moves=1))
    assert (customers.moved, customers.moves_refused, len(line.sent)) == (0, 1, 2)


def test_a_move_that_is_refused_is_counted() -> None:
    _, customers, _ = play(Numbers(customer_cancels=0, customer_moves=1), refuses="move")
    assert (customers.moved, customers.moves_refused) == (0, 1)


def test_whoever_calls_it_off_does_not_move_it_too() -> None:
    line, _, _ = play(Numbers(customer_cancels=1, customer_moves=0))
    assert [path for path, _ in line.sent] == ["/jobs", "/jobs/one/cancel"]


@pytest.mark.parametrize(
    "changes", [["backs_out=0.6", "no_show=0.6"], ["customer_cancels=0.9", "customer_moves=0.2"]]
)
def test_shares_of_one_whole_do_not_exceed_it(changes: list[str]) -> None:
    with pytest.raises(SimulationError, match="more than 1"):
        with_changes(changes)


@pytest.mark.django_db(transaction=True)
def test_the_pace_follows_a_clock_that_somebody_changes() -> None:
    try:
        install_scaled_clock(scale=100)
        pace = Pace.of_the_stack()
        install_scaled_clock(scale=5000)
        assert pace.scale == 100
        pace.follow()
        assert pace.scale == 5000
    finally:
        with connection.cursor() as cursor:
            install_test_clock(cursor)
