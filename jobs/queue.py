"""The tasks of this app, by dotted name, and the way they reach RQ (``network.queue``)."""

from __future__ import annotations

from network.queue import (
    DEFAULT,
    HINT_MS,
    SEARCHES,
    TIMEOUTS,
    TaskTimeout,
    begun,
    connection,
    enqueue,
    hint,
    queue_of,
)

__all__ = [
    "DEFAULT",
    "FOLD_OUTCOMES",
    "HINT_MS",
    "PROCESS_DUE",
    "SEARCHES",
    "SEARCH_JOBS",
    "SEND_MESSAGES",
    "TIMEOUTS",
    "TaskTimeout",
    "begun",
    "connection",
    "enqueue",
    "hint",
    "queue_of",
]

PROCESS_DUE = "jobs.tasks.process_due"
SEND_MESSAGES = "jobs.tasks.send_messages"
SEARCH_JOBS = "jobs.tasks.search_jobs"
FOLD_OUTCOMES = "jobs.tasks.fold_outcomes"
