"""Writes what belongs to new contractors, set by set: people, skills, hours, territories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection

from network.geo import circle_cells
from network.imports.drafts import Draft
from network.imports.mapping import ImportMapping
from network.models import Branch, Contractor, Technician, TechnicianSkill, WorkingHours

CHUNK = 2000
FIRMS_AT_ONCE = 500


def write_people(pairs: Sequence[tuple[Contractor, Draft]], mapping: ImportMapping) -> None:
    """Technicians with the skills of their firm's trades and the mapping's weekly hours."""
    technicians = [
        Technician(
            contractor=contractor,
            branch_id=contractor.branch_id,
            name=contractor.name if draft.technicians == 1 else f"Technician {number + 1}",
        )
        for contractor, draft in pairs
        for number in range(draft.technicians)
    ]
    Technician.objects.bulk_create(technicians, batch_size=CHUNK)
    skills_of = {contractor.pk: draft.skills for contractor, draft in pairs}
    _copy(
        f"{TechnicianSkill._meta.db_table} (technician_id, contractor_id, skill_id, level,"
        " certificate_number)",
        (
            (technician.pk, technician.contractor_id, skill, mapping.level, "")
            for technician in technicians
            for skill in skills_of[technician.contractor_id]
        ),
    )
    _copy(
        f"{WorkingHours._meta.db_table} (technician_id, weekday, starts, ends)",
        (
            (technician.pk, day, mapping.starts, mapping.ends)
            for technician in technicians
            for day in mapping.days
        ),
    )


def write_territories(
    pairs: Sequence[tuple[Contractor, Draft]],
    branch: Branch,
    radius_km: float,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """A circle around each base. Firms of one ZIP share it, so it is worked out once.

    ``progress`` is told how many firms have theirs.
    """
    circles: dict[tuple[float, float], int] = {}
    numbers = [
        circles.setdefault((draft.latitude, draft.longitude), len(circles)) for _, draft in pairs
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE imported_circle (circle int, cell bigint) ON COMMIT DROP"
        )
        _copy(
            "imported_circle (circle, cell)",
            (
                (number, cell)
                for place, number in circles.items()
                for cell in circle_cells(*place, radius_km)
            ),
        )
        for first in range(0, len(pairs), FIRMS_AT_ONCE):
            some = pairs[first : first + FIRMS_AT_ONCE]
            cursor.execute(
                _TERRITORIES,
                [
                    [contractor.pk for contractor, _ in some],
                    [draft.latitude for _, draft in some],
                    [draft.longitude for _, draft in some],
                    numbers[first : first + FIRMS_AT_ONCE],
                    branch.pk,
                    radius_km,
                    branch.pk,
                ],
            )
            progress(first + len(some))
        cursor.execute("DROP TABLE imported_circle")


_TERRITORIES = """
WITH firm AS (
    SELECT * FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::int[])
        AS firm (id, latitude, longitude, circle)
), made AS (
    INSERT INTO network_territory
        (contractor_id, branch_id, kind, latitude, longitude, radius_km)
    SELECT id, %s, 'radius', latitude, longitude, %s FROM firm
    RETURNING id, contractor_id
)
INSERT INTO network_territorycell (territory_id, contractor_id, branch_id, cell)
SELECT made.id, made.contractor_id, %s, imported_circle.cell
FROM made
JOIN firm ON firm.id = made.contractor_id
JOIN imported_circle USING (circle)
"""


def _copy(target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
