"""Imports a CSV file of service requests as jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, BinaryIO

from django.db import IntegrityError, connection, transaction

from jobs.actors import Actor
from jobs.errors import InvalidInput
from jobs.intake.drafts import Draft, draft_of, opened_on, shift_days
from jobs.intake.errors import BadRow, IntakeError
from jobs.intake.mapping import IntakeMapping
from jobs.intake.reading import read_rows
from jobs.models import Job
from jobs.services.jobs import create_job
from jobs.services.transactions import constraint_of
from network.clock import app_now
from network.models import Branch, ServiceType

#: Rows of which it is asked at once whether they are there already.
BATCH = 500
#: Only so many rejected rows are told apart; all of them are counted.
MOST_REJECTED = 100
#: How often ``say`` is called, in rows.
SAY_EVERY = 10_000

SOURCE = "import"


@dataclass(slots=True)
class Report:
    """What became of the rows: created + already_there + left_out + rejected_count = read.

    ``left_out`` are rows outside the dates asked for, or of a type that the mapping leaves out.
    """

    read: int = 0
    created: int = 0
    already_there: int = 0
    left_out: int = 0
    rejected_count: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False

    def reject(self, line: int, bad: BadRow) -> None:
        self.rejected_count += 1
        if len(self.rejected) < MOST_REJECTED:
            self.rejected.append({"line": line, "column": bad.column or None, "reason": bad.reason})

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "created": self.created,
            "already_there": self.already_there,
            "left_out": self.left_out,
            "rejected": self.rejected,
            "rejected_count": self.rejected_count,
            "dry_run": self.dry_run,
        }


def read_drafts(
    stream: BinaryIO,
    *,
    mapping: IntakeMapping,
    report: Report,
    today: date,
    first_day: date | None = None,
    last_day: date | None = None,
) -> Iterator[Draft]:
    """Yield the usable rows of a file and count the others in ``report``.

    ``first_day`` and ``last_day`` (inclusive) are days of the file, before its dates are shifted;
    ``today`` is the local day that a shift to "today" or "tomorrow" refers to. Raises IntakeError
    when the file cannot be used at all.
    """
    days = shift_days(mapping, today=today)
    type_column = mapping.columns["type"]
    for found in read_rows(
        stream,
        encoding=mapping.encoding,
        delimiter=mapping.delimiter,
        needed=mapping.needed_columns(),
    ):
        report.read += 1
        if isinstance(found, tuple):
            report.reject(*found)
            continue
        try:
            opened = opened_on(found, mapping)
            if (
                found.cells[type_column] in mapping.left_out
                or (first_day is not None and opened.date() < first_day)
                or (last_day is not None and opened.date() > last_day)
            ):
                report.left_out += 1
                continue
            yield draft_of(found, mapping, opened=opened, days=days)
        except BadRow as bad:
            report.reject(found.line, bad)


def check_types(branch: Branch, mapping: IntakeMapping) -> dict[str, ServiceType]:
    """The branch's service types by slug. Raises IntakeError when the mapping names others."""
    kinds = {kind.slug: kind for kind in ServiceType.objects.filter(branch=branch)}
    wanted = {rule.service_type for rule in mapping.types.values()}
    if missing := sorted(wanted - set(kinds)):
        raise IntakeError(
            f"The branch {branch.slug} has no service type “{missing[0]}”, which the mapping names "
            "under [types]. Add it in the admin, or correct the mapping."
        )
    return kinds


def import_requests(
    stream: BinaryIO,
    *,
    branch: Branch,
    mapping: IntakeMapping,
    actor: Actor,
    first_day: date | None = None,
    last_day: date | None = None,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """Make jobs of the requests in a CSV file; returns what became of each row.

    Reads as a stream, so memory does not grow with the file. A bad row never stops the others.
    A request that was imported before is not imported again, whatever its dates are shifted to.
    Each job is its own transaction: an interrupted import is simply run again. ``dry_run`` makes
    the same checks and writes nothing. Raises IntakeError before anything is written when file or
    mapping cannot be used.
    """
    kinds = check_types(branch, mapping)
    today = app_now().astimezone(mapping.zone).date()
    report = Report(dry_run=dry_run)
    seen = _Seen(branch, dry_run=dry_run)
    said = 0
    drafts = read_drafts(
        stream,
        mapping=mapping,
        report=report,
        today=today,
        first_day=first_day,
        last_day=last_day,
    )
    try:
        while batch := list(islice(drafts, BATCH)):
            known = seen.among(draft.external_ref for draft in batch)
            for draft in batch:
                if draft.external_ref in known:
                    report.already_there += 1
                    continue
                known.add(draft.external_ref)
                _import_one(draft, branch, kinds, actor, mapping, report)
            if report.read - said >= SAY_EVERY:
                said = report.read
                say(f"{report.read:,} rows read, {report.created:,} jobs made")
    finally:
        seen.forget()
    return report


def _import_one(
    draft: Draft,
    branch: Branch,
    kinds: dict[str, ServiceType],
    actor: Actor,
    mapping: IntakeMapping,
    report: Report,
) -> None:
    try:
        with transaction.atomic():
            make_job(draft, branch=branch, kinds=kinds, actor=actor)
            if report.dry_run:
                transaction.set_rollback(True)
    except InvalidInput as error:
        report.reject(draft.line, _as_bad_row(error, mapping))
    except IntegrityError as error:
        if constraint_of(error) != "job_external_ref_unique":
            raise
        # Another import of the same file was faster.
        report.already_there += 1
    else:
        report.created += 1


def make_job(draft: Draft, *, branch: Branch, kinds: dict[str, ServiceType], actor: Actor) -> Job:
    """Take a draft in as a job. Raises InvalidInput."""
    return create_job(
        branch=branch,
        service_type=kinds[draft.service_type],
        address=draft.texts["address"],
        postcode=draft.postcode,
        window_start=draft.window_start,
        window_end=draft.window_end,
        customer_name=draft.texts["customer_name"],
        customer_phone=draft.texts.get("customer_phone", ""),
        customer_email=draft.texts.get("customer_email", ""),
        description=draft.texts.get("description", ""),
        latitude=draft.latitude,
        longitude=draft.longitude,
        priority=draft.priority,
        duration_minutes=draft.minutes,
        source=SOURCE,
        external_ref=draft.external_ref,
        actor=actor,
    )


def _as_bad_row(error: InvalidInput, mapping: IntakeMapping) -> BadRow:
    """The first field that was refused, under the file's own name for its column."""
    column_of = {
        "window": mapping.columns["opened"],
        "service_type": mapping.columns["type"],
        "duration_minutes": mapping.columns["type"],
        "postcode": mapping.columns.get("postcode") or mapping.columns.get("latitude", ""),
    }
    name = next(iter(error.errors))
    return BadRow(" ".join(error.errors.values()), column_of.get(name, ""))


class _Seen:
    """Which references are there already.

    A dry run writes no jobs, so it keeps what it has passed in a temporary table: a request that
    stands twice in the file is created once, and memory does not grow with the file.
    """

    def __init__(self, branch: Branch, *, dry_run: bool) -> None:
        self.branch = branch
        self.dry_run = dry_run
        if dry_run:
            with connection.cursor() as cursor:
                cursor.execute("CREATE TEMPORARY TABLE intake_seen (ref text PRIMARY KEY)")

    def among(self, references: Iterable[str]) -> set[str]:
        asked = list(references)
        found = set(
            Job.objects.filter(
                branch=self.branch, source=SOURCE, external_ref__in=asked
            ).values_list("external_ref", flat=True)
        )
        if self.dry_run:
            with connection.cursor() as cursor:
                cursor.execute("SELECT ref FROM intake_seen WHERE ref = ANY(%s)", [asked])
                found |= {row[0] for row in cursor.fetchall()}
                cursor.execute(
                    "INSERT INTO intake_seen SELECT DISTINCT unnest(%s::text[])"
                    " ON CONFLICT DO NOTHING",
                    [asked],
                )
        return found

    def forget(self) -> None:
        if self.dry_run:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS intake_seen")
