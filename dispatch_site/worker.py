"""The RQ worker of this site."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from django.db import close_old_connections
from rq import SimpleWorker
from rq.job import Job
from rq.queue import Queue

# Every task is one of these. Read now, they cost the first task of a worker nothing.
import jobs.tasks  # noqa: F401
from jobs.queue import DEFAULT

#: How far mails, summaries and replays step back (niceness) where processors are scarce.
GIVES_WAY = 5


class DispatchWorker(SimpleWorker):
    """Works in its own process (forking per task costs 3 to 6 times as much).

    Whoever works on messages and the rest alone gives way to those who ask the next contractor:
    with ten thousand mails to write, they would otherwise wait for a processor.

    Between tasks it gives up a database connection that broke, so that a restarted PostgreSQL
    costs at most the task it interrupted.
    """

    # RQ would wait up to a minute before it looks whether Redis is back.
    max_connection_wait_time = 2.0

    def work(self, *args: Any, **kwargs: Any) -> bool:
        if self.queue_names() == [DEFAULT]:
            with contextlib.suppress(OSError):
                os.nice(GIVES_WAY)
        return super().work(*args, **kwargs)

    def execute_job(self, job: Job, queue: Queue) -> Any:
        close_old_connections()
        try:
            return super().execute_job(job, queue)
        finally:
            close_old_connections()
