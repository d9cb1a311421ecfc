"""What happens to an RQ task that failed."""

from __future__ import annotations

from types import TracebackType

import structlog
from rq.job import Job

log = structlog.get_logger("firstcall.tasks")


def report_failed_task(
    task: Job, kind: type[BaseException], error: BaseException, trace: TracebackType
) -> bool:
    """Log the failure with its traceback; True lets RQ keep it among its failed tasks.

    Nothing is retried here: the due list finds whatever the task left undone.
    """
    log.error(
        "task failed",
        task=task.id,
        function=task.func_name,
        queue=task.origin,
        exc_info=(kind, error, trace),
    )
    return True
