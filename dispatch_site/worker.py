"""The RQ worker of this site."""

from __future__ import annotations

from typing import Any

from django.db import close_old_connections
from rq import SimpleWorker
from rq.job import Job
from rq.queue import Queue


class DispatchWorker(SimpleWorker):
    """Works in its own process (forking per task costs 3 to 6 times as much).

    Between tasks it gives up a database connection that broke, so that a restarted PostgreSQL
    costs at most the task it interrupted.
    """

    # RQ would wait up to a minute before it looks whether Redis is back.
    max_connection_wait_time = 2.0

    def execute_job(self, job: Job, queue: Queue) -> Any:
        close_old_connections()
        try:
            return super().execute_job(job, queue)
        finally:
            close_old_connections()
