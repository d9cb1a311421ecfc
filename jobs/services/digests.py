"""Summaries for staff: due rows in domain time, written into the outbox when their moment comes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from jobs.messaging.summary import HAPPENED, WAITS
from jobs.models import Message, StaffDigest
from jobs.services.locked import database_now
from jobs.services.outgoing import Outgoing, write_outgoing
from network.models import Branch, User


def next_moment(*, every: str, hour: int, after: datetime, time_zone: str) -> datetime:
    """When the next summary is due: the next full hour, or the next ``hour`` of the local day.

    Strictly after ``after``. An hour that a change of clocks leaves out comes an hour later.
    """
    local = after.astimezone(ZoneInfo(time_zone))
    if every == StaffDigest.Every.HOUR:
        return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for ahead in range(3):
        day = local.date() + timedelta(days=ahead)
        moment = datetime.combine(day, time(hour), ZoneInfo(time_zone))
        if moment > after:
            return moment
    raise AssertionError("unreachable")


@transaction.atomic
def set_digest(*, user: User, branch: Branch, every: str, hour: int = 7) -> StaffDigest | None:
    """Send the user a summary of the branch from now on; '' ends it. What came before is left out.

    Raises ValueError for an unknown rhythm or hour.
    """
    if not every:
        StaffDigest.objects.filter(user=user, branch=branch).delete()
        return None
    if every not in StaffDigest.Every.values or not 0 <= hour <= 23:
        raise ValueError("A summary comes every hour or once a day, at an hour from 0 to 23.")
    now = database_now()
    due = next_moment(every=every, hour=hour, after=now, time_zone=branch.time_zone)
    row = StaffDigest.objects.select_for_update().filter(user=user, branch=branch).first()
    if row is None:
        row = StaffDigest(user=user, branch=branch, covers_from=now)
    row.every, row.hour, row.next_at = every, hour, due
    row.save()
    return row


_COUNTS = """
SELECT (SELECT count(*) FROM jobs_job WHERE branch_id = %(b)s
          AND created_at >= %(since)s AND created_at < %(until)s),
       (SELECT count(*) FROM jobs_jobevent WHERE branch_id = %(b)s AND kind = 'booked'
          AND at >= %(since)s AND at < %(until)s),
       (SELECT count(*) FROM jobs_job WHERE branch_id = %(b)s AND status = 'completed'
          AND closed_at >= %(since)s AND closed_at < %(until)s),
       (SELECT count(*) FROM jobs_job WHERE branch_id = %(b)s AND status = 'cancelled'
          AND closed_at >= %(since)s AND closed_at < %(until)s),
       (SELECT count(*) FROM jobs_escalation WHERE branch_id = %(b)s
          AND opened_at >= %(since)s AND opened_at < %(until)s),
       (SELECT count(*) FROM jobs_message WHERE branch_id = %(b)s
          AND (status = 'failed' OR delivery IN ('bounced', 'failed'))
          AND created_at >= %(since)s AND created_at < %(until)s),
       (SELECT count(*) FROM jobs_escalation WHERE branch_id = %(b)s AND closed_at IS NULL),
       (SELECT count(*) FROM network_application a JOIN network_contractor c
            ON c.id = a.contractor_id
         WHERE c.branch_id = %(b)s AND a.state = 'submitted')
"""


def summary(*, branch_id: int, since: datetime, until: datetime) -> dict[str, int]:
    """How much happened in the branch from ``since`` to before ``until``, and how much waits, by
    the names of ``jobs.messaging.summary``. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"b": branch_id, "since": since, "until": until})
        counts = cursor.fetchone()
    return dict(zip((*HAPPENED, *WAITS), counts, strict=True))


def write_due_digests(*, limit: int = 50) -> int:
    """Write the summaries that are due; returns how many rows were due.

    Each row moves on in the transaction that writes its mail, so that none is written twice. An
    hour in which nothing happened has no mail.
    """
    done = 0
    while done < limit and _write_one():
        done += 1
    return done


@transaction.atomic
def _write_one() -> bool:
    row = (
        StaffDigest.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("user", "branch")
        .filter(next_at__lte=database_now())
        .order_by("next_at")
        .first()
    )
    if row is None:
        return False
    now = database_now()
    branch = row.branch
    counts = summary(branch_id=branch.pk, since=row.covers_from, until=now)
    happened = any(counts[name] for name in HAPPENED)
    is_staff = row.user.is_active and Branch.objects.for_user(row.user).filter(pk=branch.pk)
    if not is_staff:
        row.delete()  # works there no more
        return True
    if happened or row.every == StaffDigest.Every.DAY:
        write_outgoing(
            [
                Outgoing(
                    branch_id=branch.pk,
                    recipient_kind=Message.Recipient.STAFF,
                    template=Message.Template.STAFF_DIGEST,
                    email=row.user.email,
                    cause=f"digest:{row.pk}:{row.next_at.isoformat()}",
                    context={
                        "name": row.user.get_short_name(),
                        "branch": branch.name,
                        "slug": branch.slug,
                        "time_zone": branch.time_zone,
                        "since": row.covers_from.isoformat(),
                        "counts": counts,
                    },
                )
            ],
            at=now,
        )
    row.covers_from = now
    row.next_at = next_moment(every=row.every, hour=row.hour, after=now, time_zone=branch.time_zone)
    row.save(update_fields=["covers_from", "next_at"])
    return True
