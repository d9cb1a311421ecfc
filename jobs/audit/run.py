"""Runs the checks over one snapshot of the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from jobs.audit import history, jobs, offers, proposals, protection
from jobs.audit.check import SETTLING, Check, Finding
from network.clock import clock_info

CHECKS: list[Check] = sorted(
    [
        *offers.CHECKS,
        *jobs.CHECKS,
        *history.CHECKS,
        *protection.CHECKS,
        *proposals.CHECKS,
    ],
    key=lambda check: (int(check.id.split("-")[0]) if check.id[0].isdigit() else 99, check.id),
)

#: Ids shown of each check's violations.
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was checked and found."""

    findings: list[Finding]

    @property
    def violations(self) -> int:
        return sum(finding.violations for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "violations": self.violations,
            "checks": [
                {
                    "id": finding.check.id,
                    "title": finding.check.title,
                    "rows_checked": finding.rows_checked,
                    "violations": finding.violations,
                    "left_out": finding.left_out,
                    "sample": finding.ids[:SAMPLE],
                }
                for finding in self.findings
            ],
        }


def run_audit(
    *,
    checks: Sequence[Check] = CHECKS,
    wait: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda text: None,
) -> AuditReport:
    """Run the checks; ``tell`` hears what is going on.

    All read one snapshot. Checks on due work that find something look again five wall seconds
    later, and only what is still so is a violation. While no clock is running nothing is done
    about due work, so what they find is left out then, and counted as such.
    """
    with _snapshot():
        settled = _settled()
        findings = [_look(check, settled) for check in checks]
    waiting = [finding for finding in findings if finding.check.settles and finding.ids]
    if not waiting:
        return AuditReport(findings)
    if not _a_clock_runs():
        tell("No clock is running: due work that nobody does is left out.")
        for finding in waiting:
            finding.left_out += len(finding.ids)
            finding.ids = []
        return AuditReport(findings)
    tell(f"Looking again in {SETTLING.total_seconds():.0f} s at work that is due.")
    wait(SETTLING.total_seconds())
    with _snapshot():
        for finding in waiting:
            # Judged as of the first look: what became due meanwhile is younger than that.
            again = set(_look(finding.check, settled).ids)
            still = [name for name in finding.ids if name in again]
            finding.left_out += len(finding.ids) - len(still)
            finding.ids = still
    return AuditReport(findings)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One unchanging view of the data (inside another transaction: that one's)."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _settled() -> datetime:
    """Domain time as it was five wall seconds ago."""
    clock = clock_info()
    return clock.now - SETTLING * clock.scale


def _look(check: Check, settled: datetime) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(check.rows)
        count = cursor.fetchone()[0]
        young = 0
        if check.young:
            cursor.execute(check.young, {"settled": settled})
            young = cursor.fetchone()[0]
        cursor.execute(check.broken, {"settled": settled} if check.settles else None)
        rows = cursor.fetchall()
    ids = check.judge(rows) if check.judge is not None else [str(row[0]) for row in rows]
    return Finding(check=check, rows_checked=count - young, ids=ids, left_out=young)


def _a_clock_runs() -> bool:
    """Whether some clock gave a sign of life lately (it does about every five seconds)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM jobs_clockbeat"
            " WHERE beat_at > clock_timestamp() - interval '15 seconds')"
        )
        return bool(cursor.fetchone()[0])
