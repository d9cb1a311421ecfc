"""Watches in which order services lock rows: jobs, contractors, technicians, then the calendar.

What is not held yet must come after everything that is held, in the order of ``_ORDER`` and by id
within it. A lock that skips what others hold never waits, so its place does not matter.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from jobs.services import transactions

JOB, CONTRACTOR, TECHNICIAN = _ORDER = ("job", "contractor", "technician")

_WAITS = re.compile(r"FOR (NO KEY UPDATE|UPDATE|SHARE)\b(?!.*SKIP LOCKED)", re.DOTALL)
_WRITES_CALENDAR = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) network_calendarentry")
#: How a job is found whose lock is asked for by something of it.
_JOB_OF = {
    "(SELECT job_id FROM jobs_offer WHERE id = %s)": "SELECT job_id FROM jobs_offer WHERE id = %s",
    "(SELECT job_id FROM jobs_booking WHERE id = %s)": (
        "SELECT job_id FROM jobs_booking WHERE id = %s"
    ),
}


class LockOrder:
    """The locks of the transaction that runs, and every one that came too late."""

    def __init__(self) -> None:
        self.late: list[str] = []
        self.seen = 0
        self._depth = 0
        self._held: dict[str, set[int]] = {}
        self._wrote = ""

    @contextmanager
    def transaction(self, real: Callable[[], Any]) -> Iterator[None]:
        """One service; those that it calls belong to it."""
        if self._depth == 0:
            self._held = {kind: set() for kind in _ORDER}
            self._wrote = ""
        self._depth += 1
        try:
            with real():
                yield
        finally:
            self._depth -= 1

    def __call__(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        if self._depth and isinstance(sql, str):
            self._look(sql, list(parameters or []))
        return execute(sql, parameters, many, context)

    def _look(self, sql: str, parameters: list[Any]) -> None:
        if _WAITS.search(sql):
            if " jobs_job j" in sql:
                self._lock(JOB, self._jobs(sql, parameters), sql)
            elif "FROM network_contractor" in sql or 'FROM "network_contractor"' in sql:
                self._lock(CONTRACTOR, _ids(parameters[:1]), sql)
            elif "FROM network_technician" in sql:
                self._lock(TECHNICIAN, _ids(parameters[:1]), sql)
        elif sql.startswith("UPDATE jobs_offer SET status = 'accepted'"):
            asked = "SELECT contractor_id FROM jobs_offer WHERE id = %s"
            self._lock(CONTRACTOR, self._ask(asked, parameters[1]), sql)
        elif sql.startswith("INSERT INTO jobs_offer"):
            self._lock(CONTRACTOR, _ids(parameters[6:7]), sql)
        elif sql.startswith("INSERT INTO jobs_booking"):
            self._lock(TECHNICIAN, _ids(parameters[5:6]), sql)
        if found := _WRITES_CALENDAR.search(sql):
            if found[1] == "INSERT INTO":
                self._lock(TECHNICIAN, _ids(parameters[1:2]), sql)
            elif found[1] == "UPDATE":
                held = "SELECT technician_id FROM network_calendarentry WHERE source_ref = %s"
                self._lock(TECHNICIAN, self._ask(held, parameters[-1]), sql)
            self._wrote = sql

    def _lock(self, kind: str, ids: Collection[int], sql: str) -> None:
        self.seen += 1
        new = set(ids) - self._held[kind]
        if not new:
            return
        after = [later for later in _ORDER[_ORDER.index(kind) + 1 :] if self._held[later]]
        if self._wrote or after or any(min(new) < held for held in self._held[kind]):
            self.late.append(
                f"{kind} {sorted(new)} after {self._held}"
                f" and {self._wrote[:60] or 'no write'}: {sql[:160]}"
            )
        self._held[kind] |= new

    def _jobs(self, sql: str, parameters: list[Any]) -> Sequence[int]:
        for part, question in _JOB_OF.items():
            if part in sql:
                return self._ask(question, parameters[0])
        if "WHERE j.id = %s" in sql:
            return _ids(parameters[:1])
        # Several in one statement, in the order of their ids.
        return self._ask(sql.replace("FOR UPDATE", ""), *parameters)

    @staticmethod
    def _ask(question: str, *parameters: Any) -> list[int]:
        """Beside Django, so that nobody who counts statements counts this one."""
        assert connection.connection is not None
        with connection.connection.cursor() as cursor:
            cursor.execute(question, parameters)
            return [row[0] for row in cursor.fetchall()]


def _ids(parameters: Sequence[Any]) -> list[int]:
    found: list[int] = []
    for parameter in parameters:
        found += parameter if isinstance(parameter, list) else [parameter]
    return found


class _Transactions:
    """Stands in for ``django.db.transaction`` where services begin."""

    def __init__(self, order: LockOrder) -> None:
        self._order = order
        self._thread = threading.get_ident()

    def atomic(self) -> Any:
        if threading.get_ident() != self._thread:
            return transaction.atomic()
        return self._order.transaction(transaction.atomic)


@contextmanager
def watched_locks() -> Iterator[LockOrder]:
    """Watch the services that run on this thread's connection."""
    order = LockOrder()
    real = transactions.transaction
    transactions.transaction = _Transactions(order)  # type: ignore[assignment]
    try:
        with connection.execute_wrapper(order):
            yield order
    finally:
        transactions.transaction = real
