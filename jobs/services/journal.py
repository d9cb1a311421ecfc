"""Writes what happened: events, job rows, messages, outcomes, notices.

Every service fills a journal while it holds its locks and flushes it once. The number of
statements is fixed, for one job as for five hundred.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from jobs.actors import Actor
from jobs.notices import publish_after_commit
from jobs.queue import DEFAULT, FOLD_OUTCOMES, PROCESS_DUE, TIMEOUTS, hint
from jobs.services.locked import LockedJob
from jobs.services.outgoing import Outgoing, write_outgoing
from jobs.states import FINAL, OF_THE_BRANCH
from ranking.services.outcomes import OutcomeRow, record_outcomes

_OF_THE_BRANCH = [str(kind) for kind in OF_THE_BRANCH]


@dataclass(slots=True)
class _Event:
    job: LockedJob
    sequence: int
    kind: str
    actor: Actor
    offer_id: int | None
    from_status: str
    to_status: str
    data: dict[str, Any]


@dataclass(slots=True)
class _Message:
    event: _Event
    recipient_kind: str
    contractor_id: int | None
    address: str
    template: str
    context: dict[str, Any]


@dataclass(slots=True)
class Journal:
    """What one transaction has to write about the jobs it holds locked, at domain time ``at``."""

    at: datetime
    _jobs: dict[int, LockedJob] = field(default_factory=dict)
    _events: list[_Event] = field(default_factory=list)
    _messages: list[_Message] = field(default_factory=list)
    _outcomes: list[OutcomeRow] = field(default_factory=list)
    _contractors: set[int] = field(default_factory=set)
    _closed_escalations: list[tuple[int, str | None, str, int | None]] = field(default_factory=list)
    _opened: list[tuple[LockedJob, str, dict[str, Any]]] = field(default_factory=list)

    def touch(self, job: LockedJob) -> None:
        """Write the job's changed columns at the flush."""
        self._jobs[job.id] = job

    def event(
        self,
        job: LockedJob,
        kind: str,
        actor: Actor,
        *,
        offer_id: int | None = None,
        from_status: str = "",
        to_status: str = "",
        data: dict[str, Any] | None = None,
    ) -> _Event:
        """Note one event; its number follows the last one of its job."""
        job.last_sequence += 1
        self._jobs[job.id] = job
        event = _Event(
            job, job.last_sequence, kind, actor, offer_id, from_status, to_status, data or {}
        )
        self._events.append(event)
        return event

    def move(
        self,
        job: LockedJob,
        status: str,
        actor: Actor,
        *,
        kind: str,
        data: dict[str, Any] | None = None,
    ) -> _Event:
        """Move the job to ``status`` with its event. Raises as LockedJob.require_move does."""
        job.require_move(status)
        before, job.status = job.status, str(status)
        return self.event(job, kind, actor, from_status=before, to_status=str(status), data=data)

    def message_contractor(
        self,
        event: _Event,
        *,
        contractor_id: int,
        address: str,
        template: str,
        context: dict[str, Any],
    ) -> None:
        """Tell the contractor, by the ways that he prefers; ``address`` is his e-mail address."""
        self._contractors.add(contractor_id)
        self._messages.append(
            _Message(event, "contractor", contractor_id, address, template, context)
        )

    def message_customer(self, event: _Event, *, template: str, context: dict[str, Any]) -> None:
        """Tell the customer, where an address or a number is known."""
        self._messages.append(
            _Message(event, "customer", None, event.job.customer_email, template, context)
        )

    def outcome(self, row: OutcomeRow) -> None:
        self._outcomes.append(row)

    def contractor_changed(self, contractor_id: int) -> None:
        """Let the contractor's open pages know."""
        self._contractors.add(contractor_id)

    def escalate(self, job: LockedJob, kind: str, data: dict[str, Any] | None = None) -> None:
        """Put a question to the dispatcher; the caller knows that it is not open already."""
        self._opened.append((job, kind, data or {}))
        self.event(job, "escalated", Actor.system(), data={"escalation": str(kind), **(data or {})})

    def ask(self, job: LockedJob, kind: str, data: dict[str, Any] | None = None) -> None:
        """Escalate unless the same question is open already; then it merely stays open."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM jobs_escalation"
                " WHERE job_id = %s AND kind = %s AND closed_at IS NULL",
                [job.id, str(kind)],
            )
            if cursor.fetchone():
                self.touch(job)
            else:
                self.escalate(job, kind, data)

    def settle(
        self,
        job: LockedJob,
        *,
        resolution: str,
        kind: str | None = None,
        user_id: int | None = None,
    ) -> None:
        """Close the job's open escalations: of one kind, or all that are about the job itself."""
        self._closed_escalations.append((job.id, kind, resolution, user_id))

    def flush(self) -> None:
        """Write everything, in a fixed number of statements."""
        for job in self._jobs.values():
            if job.status in FINAL:
                job.next_wake_at = None
                job.closed_at = self.at
        self._write_escalations()
        ids = self._write_events()
        self._write_messages(ids)
        self._write_jobs()
        if self._outcomes:
            record_outcomes(self._outcomes)
            hint(DEFAULT, FOLD_OUTCOMES)
        if any(
            job.next_wake_at is not None and job.next_wake_at <= self.at
            for job in self._jobs.values()
        ):
            hint(TIMEOUTS, PROCESS_DUE)
        by_branch: dict[int, set[str]] = defaultdict(set)
        for job in self._jobs.values():
            by_branch[job.branch_id].add(str(job.public_id))
        publish_after_commit(jobs_by_branch=by_branch, contractor_ids=self._contractors)

    def _write_escalations(self) -> None:
        with connection.cursor() as cursor:
            for job_id, kind, resolution, user_id in self._closed_escalations:
                cursor.execute(
                    "UPDATE jobs_escalation SET closed_at = %s, resolution = %s, closed_by_id = %s"
                    " WHERE job_id = %s AND closed_at IS NULL"
                    " AND (kind = %s OR (%s::text IS NULL AND kind <> ALL(%s)))",
                    [self.at, resolution, user_id, job_id, kind, kind, _OF_THE_BRANCH],
                )
            if self._opened:
                cursor.execute(
                    "INSERT INTO jobs_escalation (branch_id, job_id, kind, opened_at, resolution,"
                    " data) SELECT b, j, k, %s, '', d::jsonb FROM unnest(%s::bigint[],"
                    " %s::bigint[], %s::text[], %s::text[]) AS u(b, j, k, d)"
                    " ON CONFLICT DO NOTHING",
                    [
                        self.at,
                        [job.branch_id for job, _, _ in self._opened],
                        [job.id for job, _, _ in self._opened],
                        [str(kind) for _, kind, _ in self._opened],
                        [json.dumps(data) for _, _, data in self._opened],
                    ],
                )

    def _write_events(self) -> dict[tuple[int, int], int]:
        if not self._events:
            return {}
        events = self._events
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO jobs_jobevent (branch_id, job_id, sequence, at, kind, actor_kind,"
                " actor_label, actor_user_id, offer_id, from_status, to_status, data)"
                " SELECT b, j, q, %s, k, ak, al, au, o, f, t, d::jsonb FROM unnest(%s::bigint[],"
                " %s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[],"
                " %s::bigint[], %s::text[], %s::text[], %s::text[])"
                " AS u(b, j, q, k, ak, al, au, o, f, t, d) RETURNING job_id, sequence, id",
                [
                    self.at,
                    [e.job.branch_id for e in events],
                    [e.job.id for e in events],
                    [e.sequence for e in events],
                    [e.kind for e in events],
                    [e.actor.kind for e in events],
                    [e.actor.label[:120] for e in events],
                    [e.actor.user_id for e in events],
                    [e.offer_id for e in events],
                    [e.from_status for e in events],
                    [e.to_status for e in events],
                    [json.dumps(e.data) for e in events],
                ],
            )
            if not self._messages:
                return {}
            return {(job_id, sequence): pk for job_id, sequence, pk in cursor.fetchall()}

    def _write_messages(self, event_ids: dict[tuple[int, int], int]) -> None:
        if not self._messages:
            return
        write_outgoing(
            [
                Outgoing(
                    branch_id=m.event.job.branch_id,
                    event_id=event_ids[m.event.job.id, m.event.sequence],
                    job_id=m.event.job.id,
                    recipient_kind=m.recipient_kind,
                    contractor_id=m.contractor_id,
                    email=m.address,
                    template=m.template,
                    context=m.context,
                )
                for m in self._messages
            ],
            at=self.at,
        )

    def _write_jobs(self) -> None:
        if not self._jobs:
            return
        closed = [job for job in self._jobs.values() if job.was_final]
        jobs = [job for job in self._jobs.values() if not job.was_final]
        with connection.cursor() as cursor:
            if closed:
                cursor.execute(
                    "UPDATE jobs_job j SET last_sequence = u.sequence FROM unnest(%s::bigint[],"
                    " %s::int[]) AS u(id, sequence) WHERE j.id = u.id",
                    [[j.id for j in closed], [j.last_sequence for j in closed]],
                )
            if not jobs:
                return
            cursor.execute(
                "UPDATE jobs_job j SET status = u.status, round_number = u.round,"
                " last_sequence = u.sequence, next_wake_at = u.wake, attempts = u.attempts,"
                " closed_at = u.closed, cancelled_by = u.by, cancel_reason = u.reason,"
                " result = u.result, closing_note = u.note"
                " FROM unnest(%s::bigint[], %s::text[], %s::smallint[], %s::int[],"
                " %s::timestamptz[], %s::smallint[], %s::timestamptz[], %s::text[], %s::text[],"
                " %s::text[], %s::text[]) AS u(id, status, round, sequence, wake, attempts,"
                " closed, by, reason, result, note) WHERE j.id = u.id",
                [
                    [j.id for j in jobs],
                    [str(j.status) for j in jobs],
                    [j.round_number for j in jobs],
                    [j.last_sequence for j in jobs],
                    [j.next_wake_at for j in jobs],
                    [j.attempts for j in jobs],
                    [j.closed_at for j in jobs],
                    [str(j.cancelled_by) for j in jobs],
                    [str(j.cancel_reason) for j in jobs],
                    [str(j.result) for j in jobs],
                    [j.closing_note for j in jobs],
                ],
            )


def public_offer_context(job: LockedJob) -> dict[str, Any]:
    """What a message to a contractor may say before acceptance, nothing by which to find
    the customer: no street, name or phone."""
    return {
        "job": str(job.public_id),
        "reference": job.reference,
        "service": job.service_name,
        "priority": job.priority,
        "area": job.area,
        "postcode": job.postcode,
        "window_start": job.window_start.isoformat(),
        "window_end": job.window_end.isoformat(),
        "time_zone": job.time_zone,
        "duration_minutes": job.duration_minutes,
        "branch": job.branch_name,
        "office_phone": job.branch_phone,
    }
