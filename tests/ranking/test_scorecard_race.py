"""Folds that run at the same time in several processes lose nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from network.clock import app_now
from network.models import Branch, Contractor
from ranking.models import Outcome, Scorecard
from ranking.services import scorecards
from ranking.services.outcomes import record_outcomes
from ranking.services.scorecards import refresh_scorecards
from tests.ranking.conftest import NOW, MakeContractor, outcome

pytestmark = pytest.mark.django_db(transaction=True)

FOLD_UNTIL_TOLD = """
import sys, threading
import django
django.setup()
from network.clock import app_now
from ranking.services.scorecards import refresh_scorecards
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
print("ready", flush=True)
folded = 0
while not done.is_set():
    folded += refresh_scorecards(at=app_now(), limit=37)
while more := refresh_scorecards(at=app_now(), limit=37):
    folded += more
print(folded, flush=True)
"""


@pytest.fixture
def folders(process_environment: dict[str, str]):
    """Two real processes that fold without pause until their stdin closes."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FOLD_UNTIL_TOLD],
            env=process_environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
    yield started
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


@pytest.mark.slow
def test_two_processes_folding_while_outcomes_arrive_lose_none(
    transactional_db: None, branch: Branch, make_contractor: MakeContractor, folders
) -> None:
    contractors = [make_contractor(f"Firm {number}") for number in range(6)]
    expected: Counter[int] = Counter()
    began = time.monotonic()
    turn = 0
    while time.monotonic() - began < 3 or turn < 40:
        at = app_now()  # recent work is counted without a limit, the last hundred offers are not
        rows = [outcome(contractors[(turn + n) % 6], "accepted", at=at) for n in range(9)]
        with transaction.atomic():
            record_outcomes(rows)
            time.sleep(0.004)  # open for a while, so that folds pass by what they cannot see yet
        expected.update(row.contractor_id for row in rows)
        turn += 1
    folded = [int(process.communicate(timeout=60)[0]) for process in folders]
    assert sum(folded) == sum(expected.values())
    assert min(folded) > 0, "both took part"
    assert not Outcome.objects.not_folded().exists()
    counted = {card.contractor_id: card.recent_accepted for card in Scorecard.objects.all()}
    # A card keeps the newest ones only; that none was lost is what the sums above say.
    assert counted == dict(expected)


def overtaken(first: Contractor, second: Contractor) -> int:
    """Let a fold that began early finish after one that began late; what ``second``'s card says.

    The early fold recounts both cards because they are a day old, and is held up at the first by
    a lock, when an outcome of the second contractor arrives and a late fold, for which no card is
    old, counts it. Returns the second's accepted count at the end, which should be 2.
    """
    record_outcomes([outcome(first, "accepted"), outcome(second, "accepted")])
    refresh_scorecards(at=NOW)

    def in_thread(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with transaction.atomic():
        Scorecard.objects.select_for_update().get(contractor=first)
        early = in_thread(lambda: refresh_scorecards(at=NOW + timedelta(hours=25)))
        wait_until(lambda: waiting_backends() >= 1)
        newcomer = in_thread(lambda: record_outcomes([outcome(second, "accepted")]))
        newcomer.join()
        late = in_thread(lambda: refresh_scorecards(at=NOW + timedelta(hours=23)))
        # the late one has either finished (nothing held it back) or waits for the early one
        wait_until(lambda: not late.is_alive() or waiting_backends() >= 2)
    early.join()
    late.join()
    assert not Outcome.objects.not_folded().exists()
    return Scorecard.objects.get(contractor=second).accepted_count


def waiting_backends() -> int:
    with connection.cursor() as cursor:
        # within a transaction the view shows what it showed first
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def wait_until(condition: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 20, "the race did not come about"
        time.sleep(0.01)


def test_a_late_fold_is_not_overwritten_by_an_early_one(
    transactional_db: None, branch: Branch, make_contractor: MakeContractor
) -> None:
    assert overtaken(make_contractor("First"), make_contractor("Second")) == 2


def test_without_the_lock_an_outcome_would_be_lost(
    transactional_db: None,
    branch: Branch,
    make_contractor: MakeContractor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: it proves that the test above really makes the race."""
    monkeypatch.setattr(scorecards, "LOCK", "SELECT 1")
    assert overtaken(make_contractor("First"), make_contractor("Second")) == 1
