"""RQ entry points: thin, without arguments that could go stale; each calls a service.

Running one twice, late, early or beside another changes nothing.
"""

from __future__ import annotations

import time

from jobs.queue import (
    DEFAULT,
    PROCESS_DUE,
    SEARCH_JOBS,
    SEARCHES,
    SEND_MESSAGES,
    TIMEOUTS,
    begun,
    hint,
)
from jobs.services import due, outbox
from network.clock import app_now
from ranking.services.scorecards import refresh_scorecards

#: A visit that is lost meanwhile waits for no more searches than these.
SEARCHES_AT_ONCE = 10
#: Seconds after which a task leaves the rest of a backlog to the next one: whoever watches the
#: queue sees that somebody is at work.
AT_A_STRETCH = 5.0


def process_due() -> int:
    """Queue ``timeouts``: expire what ran out and ask the next candidates."""
    begun(PROCESS_DUE)
    started = time.monotonic()
    done = due.process_timeouts(seconds=AT_A_STRETCH)
    if time.monotonic() - started >= AT_A_STRETCH:
        hint(TIMEOUTS, PROCESS_DUE)
    return done


def search_jobs() -> int:
    """Queue ``searches``: rank the jobs that wait for a search, those who lost a visit first."""
    begun(SEARCH_JOBS)
    found = due.search_due_jobs(limit=SEARCHES_AT_ONCE)
    if found:
        hint(SEARCHES, SEARCH_JOBS)  # there may be more
    return found


def send_messages() -> int:
    """Queue ``default``: send a batch of the outbox."""
    begun(SEND_MESSAGES)
    sent = outbox.send_due_messages()
    if sent:
        hint(DEFAULT, SEND_MESSAGES)  # there may be more
    return sent


def fold_outcomes() -> int:
    """Queue ``default``: fold new outcomes into the scorecards."""
    return refresh_scorecards(at=app_now())
