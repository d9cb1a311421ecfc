"""Imports a list of contractors, tries it out before, and takes the last import back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction

from network.clock import app_now
from network.eligibility import forget_counts
from network.errors import NetworkError
from network.imports.drafts import Draft, Rejected, make_drafts
from network.imports.mapping import ImportMapping
from network.imports.reading import read_rows
from network.imports.resource import COLUMNS, ContractorResource, dataset_of
from network.imports.writing import write_people, write_territories
from network.models import (
    Branch,
    Contractor,
    ContractorImport,
    ImportAction,
    ImportedContractor,
)

MOST_SHOWN = 100
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one contractor: ``fields`` maps a name to (before, after)."""

    line: int
    action: str
    name: str
    fields: dict[str, tuple[str, str]]


@dataclass(slots=True)
class ImportReport:
    """``changes`` has a row for every contractor that is new or changed, in order of lines."""

    dry_run: bool
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    without_trade: dict[str, int] = field(default_factory=dict)
    without_trade_lines: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    import_id: str = ""

    def counts(self) -> dict[str, int]:
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "without_trade": len(self.without_trade_lines),
            "rejected": len(self.rejected),
        }

    def as_json(self) -> dict[str, Any]:
        """Counts in full, lists up to ``MOST_SHOWN``."""
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "without_trade": self.without_trade,
            "without_trade_count": len(self.without_trade_lines),
            "rejected": [
                {"line": row.line, "column": row.column, "reason": row.reason}
                for row in self.rejected[:MOST_SHOWN]
            ],
            "rejected_count": len(self.rejected),
            "changes": [
                {
                    "line": change.line,
                    "action": change.action,
                    "name": change.name,
                    "fields": {name: list(pair) for name, pair in change.fields.items()},
                }
                for change in self.changes[:MOST_SHOWN]
            ],
            "dry_run": self.dry_run,
            "import": self.import_id,
        }


def import_contractors(
    *,
    branch: Branch,
    content: bytes,
    file_name: str,
    mapping: ImportMapping,
    dry_run: bool = False,
    actor_id: int | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> ImportReport:
    """Read a list and put it into the branch's network; with ``dry_run`` only say what would be.

    A row that cannot go in is reported and stops no other. The same list again changes nothing;
    a changed row updates what the list has columns for. Everything is one transaction. Raises
    NetworkError when the file is no list or lacks columns. ``progress`` is told what is being
    done, how many are done, and of how many.
    """
    rows = read_rows(content, needed=mapping.needed_columns())
    progress("read", len(rows), len(rows))
    with transaction.atomic(), connection.cursor() as cursor:
        # One import of a branch at a time: the second must see what the first has made.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('contractor import', %s))", [branch.pk]
        )
        made = make_drafts(rows, branch=branch, mapping=mapping)
        report = ImportReport(
            dry_run=dry_run,
            read=len(rows),
            rejected=made.rejected,
            without_trade=dict(made.without_trade.most_common()),
            without_trade_lines=made.without_trade_lines,
        )
        drafts = {draft.external_ref: draft for draft in made.drafts}
        created, touched = _save_contractors(
            branch, mapping, drafts, report, dry_run=dry_run, progress=progress
        )
        if not dry_run:
            progress("people", 0, len(created))
            write_people(created, mapping)
            progress("people", len(created), len(created))
            if created:
                write_territories(
                    created,
                    branch,
                    mapping.radius_km,
                    progress=lambda done: progress("territories", done, len(created)),
                )
            if touched:  # the same list again leaves nothing that could be undone
                done = ContractorImport.objects.create(
                    branch=branch,
                    file_name=file_name[:200],
                    sha256=hashlib.sha256(content).hexdigest(),
                    source=mapping.source,
                    counts=report.counts(),
                    created_by_id=actor_id,
                )
                for row in touched:
                    row.contractor_import = done
                ImportedContractor.objects.bulk_create(touched, batch_size=CHUNK)
                report.import_id = str(done.public_id)
    report.rejected.sort(key=lambda row: row.line)
    if not dry_run:
        _analyze()
        forget_counts()
    return report


def _save_contractors(
    branch: Branch,
    mapping: ImportMapping,
    drafts: dict[str, Draft],
    report: ImportReport,
    *,
    dry_run: bool,
    progress: Callable[[str, int, int], None],
) -> tuple[list[tuple[Contractor, Draft]], list[ImportedContractor]]:
    listed = list(drafts.values())
    resource = ContractorResource(
        branch=branch,
        mapping=mapping,
        drafts=drafts,
        today=app_now().astimezone(branch.zone).date(),
        progress=lambda done: progress("contractors", done, len(listed)),
    )
    result = resource.import_data(
        dataset_of(listed), dry_run=dry_run, use_transactions=False, raise_errors=False
    )
    if result.base_errors:  # of a whole batch, so nothing may stay
        raise result.base_errors[0].error
    created: list[tuple[Contractor, Draft]] = []
    touched: list[ImportedContractor] = []
    for draft, row in zip(listed, result.rows, strict=True):
        if row.errors:
            raise row.errors[0].error
        if row.validation_error is not None:
            report.rejected.extend(_rejected(draft, row.validation_error, mapping))
        elif row.import_type == row.IMPORT_TYPE_NEW:
            report.created += 1
            created.append((row.instance, draft))
            report.changes.append(
                Change(
                    draft.line, "created", draft.name, _fields(None, row.instance) | _people(draft)
                )
            )
            touched.append(
                ImportedContractor(
                    contractor=row.instance, line=draft.line, action=ImportAction.CREATED
                )
            )
        elif row.import_type == row.IMPORT_TYPE_UPDATE:
            report.updated += 1
            fields = _fields(row.original, row.instance)
            report.changes.append(Change(draft.line, "updated", draft.name, fields))
            touched.append(
                ImportedContractor(
                    contractor=row.instance,
                    line=draft.line,
                    action=ImportAction.UPDATED,
                    before={name: before for name, (before, _) in fields.items()},
                )
            )
        else:
            report.unchanged += 1
    progress("contractors", len(listed), len(listed))
    return created, touched


def _people(draft: Draft) -> dict[str, tuple[str, str]]:
    """What a new firm brings beside its own fields."""
    return {
        "trades": ("", ", ".join(draft.trades)),
        "technicians": ("", str(draft.technicians)),
    }


def _fields(before: Contractor | None, after: Contractor) -> dict[str, tuple[str, str]]:
    pairs = {
        name: ("" if before is None else getattr(before, name), getattr(after, name))
        for name in COLUMNS[1:]
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _rejected(draft: Draft, error: Any, mapping: ImportMapping) -> list[Rejected]:
    return [
        Rejected(draft.line, mapping.columns.get(name, name), " ".join(messages))
        for name, messages in error.message_dict.items()
    ]


def _analyze() -> None:
    """The planner must know of thousands of new rows before the next job comes in."""
    with connection.cursor() as cursor:
        for table in (
            "contractor",
            "technician",
            "technicianskill",
            "workinghours",
            "territorycell",
        ):
            cursor.execute(f"ANALYZE network_{table}")


# -- undo ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UndoReport:
    """``kept`` are contractors that the import made and that have work, papers or logins since."""

    removed: int
    restored: int
    kept: list[str]


def last_import(*, branch_id: int) -> ContractorImport | None:
    """The newest import of the branch that was not undone."""
    return ContractorImport.objects.filter(branch_id=branch_id, undone_at__isnull=True).first()


@transaction.atomic
def undo_last_import(*, branch: Branch) -> UndoReport:
    """Remove what the last import made and give what it changed its old values back.

    What somebody has used since is kept and named. Raises NetworkError when there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('contractor import', %s))", [branch.pk]
        )
    last = last_import(branch_id=branch.pk)
    if last is None:
        raise NetworkError("nothing-to-undo", "There is no import to undo in this branch.")
    restored = 0
    for row in last.rows.filter(action=ImportAction.UPDATED).select_related("contractor"):
        for name, value in row.before.items():
            setattr(row.contractor, name, value)
        row.contractor.save(update_fields=list(row.before))
        restored += 1
    ids = list(
        last.rows.filter(action=ImportAction.CREATED)
        .order_by("contractor_id")
        .values_list("contractor_id", flat=True)
    )
    kept_ids = [
        contractor_id
        for first in range(0, len(ids), CHUNK)
        for contractor_id in _remove(ids[first : first + CHUNK])
    ]
    last.undone_at = app_now()
    last.save(update_fields=["undone_at"])
    forget_counts()
    names = Contractor.objects.filter(pk__in=kept_ids).order_by("name")
    return UndoReport(
        removed=len(ids) - len(kept_ids),
        restored=restored,
        kept=list(names.values_list("name", flat=True)),
    )


# Only what the import itself has written. A reference from anywhere else refuses the removal.
_OF_TECHNICIANS = ("network_technicianskill", "network_workinghours")
_REMOVE = (
    *(
        f"DELETE FROM {table} WHERE technician_id IN"
        " (SELECT id FROM network_technician WHERE contractor_id = ANY(%(ids)s))"
        for table in _OF_TECHNICIANS
    ),
    "DELETE FROM network_technician WHERE contractor_id = ANY(%(ids)s)",
    "DELETE FROM network_territorycell WHERE territory_id IN"
    " (SELECT id FROM network_territory WHERE contractor_id = ANY(%(ids)s))",
    "DELETE FROM network_territory WHERE contractor_id = ANY(%(ids)s)",
    "DELETE FROM network_importedcontractor WHERE contractor_id = ANY(%(ids)s)",
    "DELETE FROM network_contractor WHERE id = ANY(%(ids)s)",
    "SET CONSTRAINTS ALL IMMEDIATE",
)


def _remove(ids: list[int]) -> list[int]:
    """Remove these contractors; returns those that something else refers to.

    Which table that is belongs to apps that this one knows nothing of, so the database is asked:
    a refused set is halved until the ones that are referred to stand alone.
    """
    if not ids:
        return []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in _REMOVE:
                cursor.execute(statement, {"ids": ids} if "%(" in statement else None)
    except IntegrityError:
        if len(ids) == 1:
            return ids
        half = len(ids) // 2
        return _remove(ids[:half]) + _remove(ids[half:])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return []
