"""RQ entry points: thin, without arguments that could go stale; each calls a service.

Running one twice, late, early or beside another changes nothing.
"""

from __future__ import annotations

from jobs.queue import DEFAULT, SEARCH_JOBS, SEND_MESSAGES, hint
from jobs.services import due, outbox
from network.clock import app_now
from ranking.services.scorecards import refresh_scorecards


def process_due() -> int:
    """Queue ``timeouts``: expire what ran out and ask the next candidates."""
    return due.process_timeouts()


def search_jobs() -> int:
    """Queue ``default``: rank the jobs that wait for a search."""
    found = due.search_due_jobs()
    if found:
        hint(DEFAULT, SEARCH_JOBS)  # there may be more
    return found


def send_messages() -> int:
    """Queue ``default``: send a batch of the outbox."""
    sent = outbox.send_due_messages()
    if sent:
        hint(DEFAULT, SEND_MESSAGES)  # there may be more
    return sent


def fold_outcomes() -> int:
    """Queue ``default``: fold new outcomes into the scorecards."""
    return refresh_scorecards(at=app_now())
