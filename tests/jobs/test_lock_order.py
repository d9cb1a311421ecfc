"""Nobody waits for somebody who waits for him: services lock in one order, also all at once.

Every test of this folder is watched for the order (``lock_order``). Here real transactions show
what it is good for: who waits holds nothing that another may need first, and when everything
happens at once no deadlock is ever detected.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction

from jobs.models import Booking, Job, Protection, Standby
from jobs.services.standby import answer_standby
from jobs.services.transactions import service
from network.models import CalendarEntry, Contractor, Technician
from network.services.calendar import lock_technicians
from tests.jobs.lock_order import watched_locks
from tests.jobs.racing import racers, shared_clock, wait_for_waiting  # noqa: F401
from tests.jobs.steps import SYSTEM, accept, offered
from tests.jobs.test_races import accepts, everything_agrees
from tests.jobs.world import START, add_technician, run_due

pytestmark = pytest.mark.slow


def is_free(what: Any) -> bool:
    """Whether nobody holds the row."""
    try:
        with transaction.atomic():
            type(what).objects.select_for_update(nowait=True).get(pk=what.pk)
    except OperationalError:
        return False
    return True


@pytest.fixture
def stage(
    transactional_db: None,
    shared_clock: Any,  # noqa: F811
    clock: Any,
    branch: Any,
    trio: list[Contractor],
) -> list[Technician]:
    """Every job gets a standby. Returns the technicians, in the order of their ids."""
    Protection.objects.create(branch=branch, standby_priorities=["standard"], standby_fee="35")
    return [contractor.technicians.get() for contractor in trio]


def stands_by(job: Job, *answers: bool) -> Standby:
    """One after another is asked to stand by; the last of them says yes."""
    for yes in answers:
        run_due()
        asked = Standby.objects.get(job=job, status="asked")
        answer_standby(standby_id=asked.pk, yes=yes, actor=SYSTEM)
    return Standby.objects.get(job=job, status="standing")


# -- who waits holds nothing that comes later ----------------------------------------------------


def test_a_call_in_sick_locks_all_whom_it_concerns_at_once(
    stage: list[Technician], make_job: Any, process_environment: dict[str, str]
) -> None:
    """Two visits with standbys crosswise: locked one after another, they would be James, Lisa."""
    harold, lisa, james = stage
    jobs = [
        make_job(
            window_start=START + timedelta(hours=hours),
            window_end=START + timedelta(hours=hours + 2),
        )
        for hours in (2, 6)
    ]
    visits = [accept(offered(job)) for job in jobs]
    assert {visit.technician_id for visit in visits} == {harold.pk}
    assert stands_by(jobs[0], False, True).technician_id == james.pk
    assert stands_by(jobs[1], True).technician_id == lisa.pk
    sick = (
        "from jobs.actors import Actor; from jobs.services.sick import report_sick;"
        f" return report_sick(technician_id={harold.pk}, actor=Actor.system('racer')).released"
    )
    with racers(process_environment, sick) as running:
        with transaction.atomic():
            lock_technicians([lisa.pk])
            running.go(0)
            wait_for_waiting(1)
            assert is_free(james), "he waits for Lisa, and nobody waits for him to get James"
        assert running.result(0) == ("done", 2)
    now = Booking.objects.filter(live=True).order_by("job_id").values_list("technician_id", "job")
    assert list(now) == [(james.pk, jobs[0].pk), (lisa.pk, jobs[1].pk)]
    assert everything_agrees()


def test_a_yes_waits_for_the_technician_before_it_touches_the_calendar(
    stage: list[Technician], make_job: Any, process_environment: dict[str, str]
) -> None:
    """Whoever writes to the same calendar holds the technician, and may wait for that entry."""
    offer = offered(make_job())
    entry = CalendarEntry.objects.get(source_ref=offer.public_id)
    with racers(process_environment, accepts(offer)) as running:
        with transaction.atomic():
            lock_technicians([offer.technician_id])
            running.go(0)
            wait_for_waiting(1)
            assert is_free(entry)
        assert running.result(0)[0] == "done"
    assert everything_agrees()


def test_a_visit_given_back_frees_its_time_only_with_its_standby_in_hand(
    stage: list[Technician], make_job: Any, process_environment: dict[str, str]
) -> None:
    _, lisa, _ = stage
    job = make_job()
    visit = accept(offered(job))
    stands_by(job, True)
    entry = CalendarEntry.objects.get(source_ref=visit.public_id)
    back = (
        "from jobs.actors import Actor; from jobs.services.visits import release_visit;"
        f" return release_visit(booking_id={visit.pk}, reason='vehicle',"
        " actor=Actor.system('racer')).end_kind"
    )
    with racers(process_environment, back) as running:
        with transaction.atomic():
            lock_technicians([lisa.pk])
            running.go(0)
            wait_for_waiting(1)
            assert is_free(entry)
        assert running.result(0) == ("done", "released")
    assert Booking.objects.get(job=job, live=True).technician_id == lisa.pk
    assert everything_agrees()


# -- everything at once --------------------------------------------------------------------------

# Each does its thing again and again for some seconds; a refusal is fine, anything else is not. A
# deadlock would be tried again by the service: here it is not, so that it shows.
PREAMBLE = """
    import random, time
    from contextlib import suppress
    from datetime import timedelta
    from django.db import connection
    from jobs.actors import Actor
    from jobs.errors import DomainError
    from jobs.models import Booking, Job, Offer, Standby
    from jobs.services import transactions
    from network.clock import app_now
    from network.models import Contractor, Technician
    transactions.RETRIED = frozenset()
    me = Actor.system("racer")
    done = 0
    def some(rows):
        found = list(rows)
        return random.sample(found, min(2, len(found)))
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        with suppress(DomainError):
            {body}
            done += 1
    return done
"""
ACTS = {
    "the clock": """
            from jobs.services.due import process_timeouts, search_due_jobs
            with connection.cursor() as cursor:
                cursor.execute("UPDATE race_clock SET at = at + interval '70 seconds'")
            search_due_jobs()
            process_timeouts()""",
    "another clock": """
            from jobs.services.due import process_timeouts, search_due_jobs
            process_timeouts()
            search_due_jobs()""",
    "answers": """
            from jobs.services.answers import accept_offer, decline_offer
            for offer in some(Offer.objects.filter(status="pending")):
                with suppress(DomainError):
                    if random.random() < 0.3:
                        decline_offer(offer_id=offer.pk, reason="other", actor=me, via="api")
                    else:
                        accept_offer(offer_id=offer.pk, actor=me, via="api")""",
    "standbys": """
            from jobs.services.standby import answer_standby
            for standby in some(Standby.objects.filter(status="asked")):
                with suppress(DomainError):
                    answer_standby(standby_id=standby.pk, yes=random.random() < 0.7, actor=me)""",
    "visits": """
            from jobs.services.visits import release_visit, set_eta, start_travel
            for visit in some(Booking.objects.filter(end_kind__in=["", "released"])):
                with suppress(DomainError):
                    if random.random() < 0.5 and visit.live:
                        release_visit(booking_id=visit.pk, reason="vehicle", actor=me)
                    else:
                        start_travel(booking_id=visit.pk, actor=me)""",
    "sick": """
            from jobs.services.sick import report_sick
            from network.models import CalendarEntry
            for technician in some(Technician.objects.all())[:1]:
                report_sick(technician_id=technician.pk, actor=me)
            time.sleep(0.2)
            CalendarEntry.objects.filter(kind="time_off").delete()""",
    "the dispatcher": """
            from jobs.services.dispatch import assign, rebook
            from jobs.services.moves import move_job
            from ranking.services.overrides import Why
            for job in some(Job.objects.exclude(status__in=["completed", "cancelled"])):
                with suppress(DomainError):
                    if random.random() < 0.3:
                        rebook(job_id=job.pk, actor=me)
                    elif random.random() < 0.5:
                        move_job(job_id=job.pk, window_start=job.window_start,
                                 window_end=job.window_end + timedelta(minutes=15),
                                 by_customer=True, actor=me)
                    else:
                        whom = random.choice(Contractor.objects.all())
                        assign(job_id=job.pk, contractor_id=whom.pk, why=Why("other"), actor=me)""",
    "standing": """
            from jobs.services.protection import protect_appointments
            whom = random.choice(Contractor.objects.all())
            Contractor.objects.filter(pk=whom.pk).update(status="suspended")
            protect_appointments()
            Contractor.objects.filter(pk=whom.pk).update(status="active")
            time.sleep(0.1)""",
}


def _race_all(process_environment: Any) -> None:
    pieces = [PREAMBLE.format(seconds=5, body=body.strip()) for body in ACTS.values()]
    with racers(process_environment, *(piece.strip() for piece in pieces)) as running:
        running.go(*range(len(pieces)))
        results = {name: running.result(number) for number, name in enumerate(ACTS)}
    wrong = "\n".join(f"{name}: {said}" for name, (kind, said) in results.items() if kind != "done")
    assert not wrong, wrong
    assert all(count > 0 for _, count in results.values()), results


def test_everything_at_once_never_deadlocks(
    stage: list[Technician], trio: list[Contractor], make_job: Any, process_environment: Any
) -> None:
    for contractor in trio:
        add_technician(contractor, f"{contractor.name} junior")
    for number in range(10):
        start = START + timedelta(hours=2 + number)
        make_job(window_start=start, window_end=start + timedelta(hours=4), duration_minutes=60)
    for _ in range(4):  # on a busy machine some have no turn in five seconds
        _race_all(process_environment)
        if Standby.objects.exists():
            break
    assert Booking.objects.exists()
    assert Standby.objects.exists()
    assert everything_agrees()


# -- the watch itself ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_watch_notices_the_wrong_order(trio: list[Contractor]) -> None:
    first, second, _ = (contractor.technicians.get().pk for contractor in trio)

    @service
    def wrong() -> None:
        lock_technicians([second])
        lock_technicians([first])

    @service
    def right() -> None:
        lock_technicians([first])
        lock_technicians([second, first])

    with watched_locks() as order:
        right()
        assert (order.late, order.seen) == ([], 2)
        wrong()
        assert len(order.late) == 1
