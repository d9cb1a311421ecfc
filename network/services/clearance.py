"""Works out until when contractors are cleared, from their approved papers.

``Contractor.cleared_until`` is written here from the branch-wide requirements; what a skill or a
service type asks for beside them is read where it is needed (``network.availability_loader`` and
the SQL function ``network_service_cleared_through``), so that it stands in the way of that work
only. A branch that requires nothing of everybody has its dates set by hand.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import connection, transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import Contractor, Document, Requirement
from network.services.history import note_event

NO_END = date(9999, 12, 31)
"""The date of clearance by papers that never expire."""

# A requirement to come lets work go on until the day before it. Who lacks a paper that is required
# already is not cleared at all (null), rather than cleared until some past day.
_DERIVED = """
WITH needed AS (
    SELECT requirement.id, requirement.branch_id, requirement.required_from
    FROM network_requirement AS requirement
    WHERE (%(branch)s::bigint IS NULL OR requirement.branch_id = %(branch)s) AND requirement.active
        AND requirement.skill_id IS NULL AND requirement.service_type_id IS NULL
), held AS (
    SELECT document.contractor_id, document.requirement_id,
           max(coalesce(document.expires_on, %(no_end)s)) AS until
    FROM network_document AS document JOIN needed ON needed.id = document.requirement_id
    WHERE document.state = 'approved' AND document.id IS DISTINCT FROM %(without)s::bigint
    GROUP BY 1, 2
), derived AS (
    SELECT contractor.id, contractor.branch_id,
           CASE
               WHEN contractor.clearance_override_until IS NOT NULL
                   THEN contractor.clearance_override_until
               WHEN count(needed.id) = 0 THEN contractor.cleared_until
               WHEN bool_and(held.until IS NOT NULL OR needed.required_from > (
                       (SELECT app_now()) AT TIME ZONE branch.time_zone)::date)
                   THEN min(greatest(held.until, needed.required_from - 1))
           END AS until
    FROM network_contractor AS contractor
    JOIN network_branch AS branch ON branch.id = contractor.branch_id
    LEFT JOIN needed ON needed.branch_id = contractor.branch_id
    LEFT JOIN held ON held.contractor_id = contractor.id AND held.requirement_id = needed.id
    WHERE (%(branch)s::bigint IS NULL OR contractor.branch_id = %(branch)s)
        AND (%(ids)s::bigint[] IS NULL OR contractor.id = ANY(%(ids)s))
        AND (needed.id IS NOT NULL OR contractor.clearance_override_until IS NOT NULL)
    GROUP BY contractor.id, branch.id
)
"""

_REFRESH = (
    _DERIVED
    + """
UPDATE network_contractor AS contractor SET cleared_until = derived.until
FROM derived
WHERE contractor.id = derived.id AND contractor.cleared_until IS DISTINCT FROM derived.until
RETURNING contractor.id
"""
)

_STALE = (
    _DERIVED
    + """
SELECT derived.branch_id, array_agg(derived.id)
FROM derived JOIN network_contractor AS contractor ON contractor.id = derived.id
WHERE contractor.cleared_until IS DISTINCT FROM derived.until
GROUP BY derived.branch_id
"""
)


@transaction.atomic
def refresh_clearance(*, branch_id: int, contractor_ids: Collection[int] | None = None) -> set[int]:
    """Write ``cleared_until`` of these contractors (default: all of the branch) where it differs.

    One statement; returns the ids of those whose date changed. What that does to offers and visits
    is found by query and settled by the jobs app.
    """
    ids = None if contractor_ids is None else sorted(set(contractor_ids))
    with connection.cursor() as cursor:
        # In order of id, so that two refreshes never wait for each other in a circle.
        cursor.execute(
            "SELECT id FROM network_contractor WHERE branch_id = %s"
            " AND (%s::bigint[] IS NULL OR id = ANY(%s)) ORDER BY id FOR NO KEY UPDATE",
            [branch_id, ids, ids],
        )
        cursor.execute(
            _REFRESH, {"branch": branch_id, "ids": ids, "no_end": NO_END, "without": None}
        )
        return {row[0] for row in cursor.fetchall()}


def refresh_stale_clearance() -> set[int]:
    """Find by query, in every branch, whose date no longer follows from the papers; mend these.

    Papers and requirements that were changed behind the services' backs, by SQL for instance,
    count too. A look that finds nothing writes and locks nothing. Returns the contractors' ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALE, {"branch": None, "ids": None, "no_end": NO_END, "without": None})
        rows = cursor.fetchall()
    changed: set[int] = set()
    for branch_id, ids in rows:
        changed |= refresh_clearance(branch_id=branch_id, contractor_ids=ids)
    return changed


def cleared_without(document: Document) -> date | None:
    """Until when the contractor would be cleared if this paper did not count; writes nothing.

    None: not at all. One query.
    """
    contractor = document.contractor
    with connection.cursor() as cursor:
        cursor.execute(
            _DERIVED + "SELECT until FROM derived",
            {
                "branch": contractor.branch_id,
                "ids": [contractor.pk],
                "no_end": NO_END,
                "without": document.pk,
            },
        )
        row = cursor.fetchone()
    # Where nothing is required of everybody, no paper stands behind the date.
    until: date | None = contractor.cleared_until if row is None else row[0]
    return until


@transaction.atomic
def override_clearance(
    *, contractor_id: int, until: date, note: str, actor_id: int | None = None
) -> Contractor:
    """Set the date by hand, whatever the papers say, until the override is removed.

    The note says why and stays visible. Raises NetworkError without one.
    """
    if not note.strip():
        raise NetworkError("no-note", "Say why, for those who look later.", "note")
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    contractor.clearance_override_until = until
    contractor.clearance_override_note = note.strip()[:300]
    contractor.cleared_until = until
    contractor.save(
        update_fields=["clearance_override_until", "clearance_override_note", "cleared_until"]
    )
    note_event(
        contractor_id=contractor_id,
        action="clearance-set-by-hand",
        actor_id=actor_id,
        note=note.strip(),
        data={"until": until.isoformat()},
    )
    return contractor


@transaction.atomic
def remove_override(
    *, contractor_id: int, actor_id: int | None = None, note: str = ""
) -> Contractor:
    """Let the papers decide again; without an override nothing changes."""
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    if contractor.clearance_override_until is not None:
        contractor.clearance_override_until = None
        contractor.clearance_override_note = ""
        contractor.save(update_fields=["clearance_override_until", "clearance_override_note"])
        refresh_clearance(branch_id=contractor.branch_id, contractor_ids=[contractor_id])
        contractor.refresh_from_db()
        note_event(
            contractor_id=contractor_id,
            action="clearance-by-papers-again",
            actor_id=actor_id,
            note=note,
        )
    return contractor


@transaction.atomic
def save_requirement(*, requirement: Requirement) -> Requirement:
    """Save a new or changed requirement and work out everybody's clearance anew.

    Raises ValidationError for one that makes no sense.
    """
    requirement.full_clean()
    requirement.save()
    refresh_clearance(branch_id=requirement.branch_id)
    return requirement


def today_of(contractor: Contractor) -> date:
    """The branch's local day by domain time."""
    return app_now().astimezone(contractor.branch.zone).date()
