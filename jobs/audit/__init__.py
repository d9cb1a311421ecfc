"""Proves the invariants over a live database, by SQL of its own.

Nothing here relies on a constraint or trigger: a check reads the rows and says which of them
contradict each other, so that it also finds what a dropped constraint let through.
"""

from jobs.audit.run import AuditReport, run_audit

__all__ = ["AuditReport", "run_audit"]
