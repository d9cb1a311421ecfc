"""An upper bound on how many promises could have been kept: a maximum flow. Pure.

One unit flows for each job that is kept: from the source to the job, to a technician in the job's
window, to the technician's firm on that day, to the sink. docs/simulation.md says what is relaxed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.simulation.errors import SimulationError


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job: who could make its visit, and how long it takes at the least.

    The visit must begin from ``opens`` up to ``closes`` (minutes of any one clock).
    """

    opens: int
    closes: int
    minutes: float
    technicians: frozenset[int]


@dataclass(frozen=True, slots=True)
class Firm:
    """Who a technician works for on which day: a key, and how many visits that firm takes."""

    key: Any
    most: int | None = None


def most_visits(durations: Sequence[float], minutes: float) -> int:
    """How many visits one person can begin within so many minutes, picking the shortest ones.

    All but the last must be over before it ends, so the sum of all but the longest must fit.
    """
    count, used = 0, 0.0
    for duration in sorted(durations):
        if used > minutes:
            break
        count += 1
        used += duration
    return count


def most_kept(
    jobs: Sequence[Wanted],
    *,
    firm_on: Mapping[tuple[int, int], Firm] | None = None,
    done: Iterable[tuple[int, int]] = (),
) -> int:
    """No plan can keep more of the promises than this.

    ``firm_on`` gives a technician's firm for a window, by (technician, ``closes``); without an
    entry nothing limits the firm. ``done`` are pairs (number of the job, technician) that were
    seen to work: they count as possible, and so does making all of them. Raises SimulationError
    when the solver is missing.
    """
    try:
        from ortools.graph.python.max_flow import SimpleMaxFlow
    except ImportError as error:
        raise SimulationError(
            "The bound needs ortools; install it with: pip install firstcall[planning]"
        ) from error
    firm_on = firm_on or {}
    makers = [set(job.technicians) for job in jobs]
    made: dict[tuple[int, int], int] = defaultdict(int)
    for number, technician in done:
        makers[number].add(technician)
        made[technician, jobs[number].closes] += 1
    shares: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, job in enumerate(jobs):
        for technician in makers[number]:
            shares[technician, job.closes].append(number)

    flow = SimpleMaxFlow()
    source, sink, free = 0, 1, 2
    job_node = {number: free + number for number in range(len(jobs))}
    free += len(jobs)
    for node in job_node.values():
        flow.add_arc_with_capacity(source, node, 1)
    firms: dict[Any, tuple[int, int | None, int]] = {}
    for (technician, closes), numbers in sorted(shares.items()):
        node, free = free, free + 1
        for number in numbers:
            flow.add_arc_with_capacity(job_node[number], node, 1)
        already = made[technician, closes]
        opens = min(jobs[number].opens for number in numbers)
        room = most_visits([jobs[number].minutes for number in numbers], closes - opens)
        firm = firm_on.get((technician, closes), Firm(("alone", technician)))
        if firm.key not in firms:
            firms[firm.key] = (free, firm.most, 0)
            free += 1
        firm_node, most, of_firm = firms[firm.key]
        firms[firm.key] = (firm_node, most, of_firm + already)
        flow.add_arc_with_capacity(node, firm_node, max(room, already))
    for node, most, of_firm in firms.values():
        flow.add_arc_with_capacity(node, sink, len(jobs) if most is None else max(most, of_firm))
    if flow.solve(source, sink) != flow.OPTIMAL:
        raise SimulationError("The bound could not be computed.")
    return int(flow.optimal_flow())
