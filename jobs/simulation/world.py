"""The simulated branch: fresh each time, with a network, tokens and nobody else's data."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from jobs.models.settings import Protection
from jobs.services.tokens import issue_token
from jobs.simulation.demand import trade_shares
from network.generator import generate_network
from network.models import Branch, Contractor, Technician
from network.models.contractor import ContractorStatus
from ranking.services.policies import ensure_policy

ZONE = "America/New_York"
CENTRE = (42.3601, -71.0589)
SERVICE_KM = 60.0
#: Contractors' bases lie within this distance of the centre.
BASES_KM = 16.0
#: Of the technicians who would go home by five, one in so many works a late shift (ours).
LATE_SHIFT = 3
TOKEN_NAME = "Simulation"  # noqa: S105  (a label)


@dataclass(frozen=True, slots=True)
class World:
    """The branch and who acts in it. ``tokens`` are by contractor id, as API clients have them."""

    branch: Branch
    token: str
    contractors: list[Contractor]
    tokens: dict[int, str]
    technicians: int


@transaction.atomic
def make_world(
    *,
    technicians: int,
    seed: int,
    works: Sequence[str],
    portal_share: float,
    protects: bool = True,
) -> World:
    """Make a branch labelled simulated with ``technicians`` technicians in contractors' firms.

    ``works`` are the kinds of work that will be asked for, one entry per request: trades in
    demand get more of the firms. A share of the contractors acts in the portal and gets no token.
    Without ``protects`` the machine looks for nobody else when somebody drops out.
    """
    branch = _make_branch(seed)
    if not protects:
        Protection.objects.create(branch=branch, acts=False)
    ensure_policy(branch_id=branch.pk)
    made = generate_network(
        branch=branch,
        technicians=technicians,
        seed=seed,
        trades=trade_shares(works),
        spread_km=BASES_KM,
    )
    _share_out_hours(branch)
    contractors = list(
        Contractor.objects.filter(id__in=made.contractor_ids, status=ContractorStatus.ACTIVE)
        .select_related("branch")
        .order_by("id")
    )
    draw = random.Random(f"channels:{seed}")
    tokens = {
        contractor.pk: issue_token(contractor=contractor, name=TOKEN_NAME).text
        for contractor in contractors
        if draw.random() >= portal_share
    }
    return World(
        branch=branch,
        token=issue_token(branch=branch, name=TOKEN_NAME).text,
        contractors=contractors,
        tokens=tokens,
        technicians=Technician.objects.filter(branch=branch, active=True).count(),
    )


def _make_branch(seed: int) -> Branch:
    with connection.cursor() as cursor:
        # Two simulations started at once must not both take the same number.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('firstcall.simulation'))")
    taken = set(Branch.objects.values_list("slug", flat=True))
    number = next(n for n in range(1, 1_000_000) if f"simulated-{n}" not in taken)
    return Branch.objects.create(
        slug=f"simulated-{number}",
        name=f"Simulated day {number} (seed {seed})",
        time_zone=ZONE,
        currency="USD",
        distance_unit="mi",
        reference_prefix=f"SIM{number}"[:8],
        latitude=CENTRE[0],
        longitude=CENTRE[1],
        service_radius_km=SERVICE_KM,
        is_simulated=True,
    )


def _share_out_hours(branch: Branch) -> None:
    """Let the network cover evenings and weekends too, as a branch that promises them must.

    One in ``LATE_SHIFT`` of those who end by 17:00 works 11:00 to 20:00 instead, and whoever has
    Saturday or Sunday off works it as their Wednesday: so neither the windows that customers
    choose nor the day on which a simulation is started decides about its outcome.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE network_workinghours AS hours SET starts = '11:00', ends = '20:00'
              FROM (SELECT technician.id, row_number() OVER (ORDER BY technician.id) AS number
                      FROM network_technician AS technician
                     WHERE technician.branch_id = %s
                       AND EXISTS (SELECT 1 FROM network_workinghours AS own
                                    WHERE own.technician_id = technician.id AND own.weekday = 2
                                      AND own.starts < own.ends AND own.ends <= '17:00')) AS early
             WHERE hours.technician_id = early.id AND early.number %% %s = 0
            """,
            [branch.pk, LATE_SHIFT],
        )
        cursor.execute(
            """
            INSERT INTO network_workinghours (technician_id, weekday, starts, ends)
            SELECT hours.technician_id, free.weekday, hours.starts, hours.ends
              FROM network_workinghours AS hours
              JOIN network_technician AS technician ON technician.id = hours.technician_id
             CROSS JOIN (VALUES (5), (6)) AS free (weekday)
             WHERE technician.branch_id = %s AND hours.weekday = 2
               AND NOT EXISTS (SELECT 1 FROM network_workinghours AS other
                                WHERE other.technician_id = hours.technician_id
                                  AND other.weekday = free.weekday)
            """,
            [branch.pk],
        )


def revoke_tokens(*, branch: Branch) -> None:
    """End the simulation's tokens; the branch stays, to be looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_apitoken SET revoked_at = clock_timestamp() WHERE name = %s"
            " AND revoked_at IS NULL AND (branch_id = %s OR contractor_id IN"
            " (SELECT id FROM network_contractor WHERE branch_id = %s))",
            [TOKEN_NAME, branch.pk, branch.pk],
        )
