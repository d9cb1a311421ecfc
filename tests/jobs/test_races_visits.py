"""What two people do to one visit at the same moment: one defined result, in either order.

The test holds the job until both wait for it, in the order that it wants them to have it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from jobs.models import Booking, Job, JobEvent, Message, Offer, Round
from jobs.services.visits import set_eta
from network.models import CalendarEntry, Contractor
from ranking.models import Outcome
from tests.jobs.racing import SharedClock, racers, shared_clock, wait_for_waiting  # noqa: F401
from tests.jobs.steps import SYSTEM, accept, offered
from tests.jobs.test_races import CANCEL, accepts, everything_agrees, lock
from tests.jobs.world import pending_offer, run_due

pytestmark = pytest.mark.slow

ACTOR = "from jobs.actors import Actor;"
GIVE_BACK = (
    f"{ACTOR} from jobs.services.visits import release_visit;"
    " return release_visit(booking_id={visit}, reason='vehicle',"
    " actor=Actor('contractor', 'racer')).end_kind"
)
MOVE = (
    f"{ACTOR} from datetime import timedelta as d; from jobs.models import Job;"
    " from jobs.services.customer_changes import customer_moves; j = Job.objects.get(pk={job});"
    " return customer_moves(job_id=j.pk, window_start=j.window_start + d(days=1),"
    " window_end=j.window_end + d(days=1), actor=Actor('customer', 'Dana'))"
)
MOVE_TO = (
    f"{ACTOR} from datetime import datetime;"
    " from jobs.services.customer_changes import customer_moves;"
    " return customer_moves(job_id={job}, window_start={start}, window_end={end},"
    " actor=Actor('customer', 'Dana'))"
)
ARRIVE = (
    f"{ACTOR} from jobs.services.visits import arrive;"
    " return arrive(booking_id={visit}, actor=Actor('contractor', 'racer')).pk"
)


@pytest.fixture
def visit(
    transactional_db: None,
    shared_clock: SharedClock,  # noqa: F811
    clock: Any,
    trio: list[Contractor],
    make_job: Any,
) -> Booking:
    """Harold has the visit, tomorrow 8 to noon."""
    return accept(offered(make_job()))


def one_after_another(environment: dict[str, str], job: Job, *pieces: str) -> list[Any]:
    """They get the job in this order, all having asked for it before the first was done."""
    with racers(environment, *pieces) as running:
        with transaction.atomic():
            lock("jobs_job", job.pk)
            for number in range(len(pieces)):
                running.go(number)
                wait_for_waiting(number + 1)
        return [running.result(number) for number in range(len(pieces))]


def customer_heard(job: Job) -> list[str]:
    """What the customer was told after the first booking."""
    rows = Message.objects.filter(job=job, recipient_kind="customer", channel="email")
    return list(rows.order_by("pk").values_list("template", flat=True))[1:]


def test_a_visit_given_back_from_two_devices_is_given_back_once(visit, process_environment):
    piece = GIVE_BACK.format(visit=visit.pk)
    results = one_after_another(process_environment, visit.job, piece, piece)
    assert results == [("done", "released")] * 2
    assert JobEvent.objects.filter(kind="released").count() == 1
    assert Round.objects.filter(job=visit.job).count() == 2
    assert Outcome.objects.filter(kind__startswith="released").count() == 1
    assert customer_heard(visit.job) == []
    assert everything_agrees()


def test_a_job_cancelled_from_two_devices_is_cancelled_once(visit, process_environment):
    piece = CANCEL.format(job=visit.job_id)
    results = one_after_another(process_environment, visit.job, piece, piece)
    assert results == [("done", "cancelled")] * 2
    assert customer_heard(visit.job) == ["appointment_cancelled"]
    assert Message.objects.filter(template="visit_cancelled", channel="email").count() == 1
    assert everything_agrees()


def test_an_appointment_moved_from_two_devices_moves_once(visit, process_environment):
    before = visit.job.window_start
    start, end = (
        f"datetime.fromisoformat('{(moment + timedelta(days=1)).isoformat()}')"
        for moment in (before, visit.job.window_end)
    )
    piece = MOVE_TO.format(job=visit.job_id, start=start, end=end)
    results = one_after_another(process_environment, visit.job, piece, piece)
    assert [kind for kind, _ in results] == ["done", "done"]
    visit.refresh_from_db()
    assert visit.live
    assert visit.job.window_start == before + timedelta(days=1)
    assert JobEvent.objects.filter(kind="moved").count() == 1
    assert customer_heard(visit.job) == ["appointment_moved"]
    assert everything_agrees()


@pytest.mark.parametrize("first", ["contractor", "customer"])
def test_given_back_while_the_customer_cancels_it_is_cancelled(visit, process_environment, first):
    pieces = [GIVE_BACK.format(visit=visit.pk), CANCEL.format(job=visit.job_id)]
    if first == "customer":
        pieces.reverse()
    results = one_after_another(process_environment, visit.job, *pieces)
    visit.refresh_from_db()
    assert visit.job.status == "cancelled"
    if first == "contractor":
        assert results == [("done", "released"), ("done", "cancelled")]
        assert visit.end_kind == "released"
    else:
        assert results == [("done", "cancelled"), ("refused", "job-is-final")]
        assert visit.end_kind == "cancelled"
        assert not Outcome.objects.filter(kind__startswith="released").exists(), "nobody's fault"
    assert customer_heard(visit.job) == ["appointment_cancelled"]
    assert not CalendarEntry.objects.exists()
    assert everything_agrees()


@pytest.mark.parametrize("first", ["contractor", "customer"])
def test_given_back_while_the_customer_moves_others_are_asked_for_the_new_time(
    visit, process_environment, first
):
    before = visit.job.window_start
    pieces = [GIVE_BACK.format(visit=visit.pk), MOVE.format(job=visit.job_id)]
    if first == "customer":
        pieces.reverse()
    results = one_after_another(process_environment, visit.job, *pieces)
    assert [kind for kind, _ in results] == ["done", "done"]
    run_due()
    job = Job.objects.get(pk=visit.job_id)
    assert (job.status, job.window_start) == ("offering", before + timedelta(days=1))
    asked = pending_offer(job)
    assert asked.contractor.name == "Lisa"
    assert job.window_start <= asked.starts_at <= job.window_end
    assert customer_heard(job) == ["appointment_moved"]
    assert Outcome.objects.filter(kind__startswith="released").count() == 1
    assert everything_agrees()


@pytest.mark.parametrize("first", ["late one", "substitute"])
def test_a_late_check_in_against_the_substitute_s_yes_has_one_winner(
    visit,
    shared_clock,  # noqa: F811
    process_environment,
    first,
):
    job = visit.job
    eta = job.window_start + timedelta(minutes=30)
    set_eta(booking_id=visit.pk, eta=eta, actor=SYSTEM)
    for late in (15, 30):
        shared_clock.set(eta + timedelta(minutes=late))
        run_due()
        run_due()
    rival = pending_offer(job)
    pieces = [ARRIVE.format(visit=visit.pk), accepts(rival)]
    if first == "substitute":
        pieces.reverse()
    results = dict(
        zip(
            ["late one", "substitute"] if first == "late one" else ["substitute", "late one"],
            one_after_another(process_environment, job, *pieces),
            strict=True,
        )
    )
    has_it = Booking.objects.get(job=job, live=True)
    told = set(
        Message.objects.filter(job=job, recipient_kind="contractor").values_list(
            "contractor__name", "template"
        )
    )
    kinds = {who: kind for who, (kind, _) in results.items()}
    assert sorted(kinds.values()) == ["done", "refused"], "one of them, never both"
    if kinds["late one"] == "done":
        assert has_it.pk == visit.pk
        assert Offer.objects.get(pk=rival.pk).reason == "first_is_back"
        assert ("Lisa", "offer_withdrawn") in told
        assert ("Lisa", "visit_booked") not in told
    else:
        assert has_it.contractor.name == "Lisa"
        assert ("Lisa", "substitute_stays") in told
        assert ("Harold", "rescue_undone") not in told
    assert "appointment_cancelled" not in customer_heard(job)
    assert everything_agrees()
