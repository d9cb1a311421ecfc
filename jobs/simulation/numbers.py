"""The figures that people are drawn from. docs/simulation.md says where each comes from."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from jobs.simulation.errors import SimulationError


@dataclass(frozen=True, slots=True)
class Numbers:
    """Shares are 0 to 1, times are domain minutes."""

    # contractors, per offer
    accepted: float = 0.70
    silent: float = 0.12
    spread: float = 0.10  # standard deviation of ``accepted`` between contractors
    own_price: float = 0.50  # of those who find the price too low: name theirs
    own_price_above: float = 0.15  # by how much of the offer, on average
    answer_median: float = 6.0
    answer_median_emergency: float = 2.0
    answer_sigma: float = 0.9
    portal_share: float = 0.30  # contractors who act in the portal, not through the API
    undeliverable: float = 0.01  # messages about an offer that never arrive
    bounce_minutes: float = 1.0  # until the provider says so, on average
    # contractors, per accepted visit
    backs_out: float = 0.05
    backs_out_minutes: float = 240.0  # given back within so long before the planned start
    no_show: float = 0.02
    shows_after_all: float = 0.25  # of those
    eta_given: float = 0.80
    eta_late: float = 0.15  # of those: only when asked the second time
    late: float = 0.08
    late_minutes: float = 40.0
    tells_delay: float = 0.50  # of those later than 15 minutes who had given an ETA
    duration_sigma: float = 0.25
    travel_sigma: float = 0.25
    fixed_first_time: float = 0.77
    # technicians, per day
    sick: float = 0.02
    # customers
    customer_cancels: float = 0.12
    customer_moves: float = 0.04
    at_home: float = 0.94
    no_access_minutes: float = 15.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            is_time = one.name.endswith(("minutes", "median", "emergency", "sigma"))
            if value < 0 or (not is_time and value > 1) or value > 10_000:
                raise SimulationError(f"{one.name}={value:g} is out of range.")
        if self.accepted + self.silent > 1:
            raise SimulationError("accepted and silent add up to more than 1.")
        if self.backs_out + self.no_show > 1:
            raise SimulationError("backs_out and no_show add up to more than 1.")
        if self.customer_cancels + self.customer_moves > 1:
            raise SimulationError("customer_cancels and customer_moves add up to more than 1.")

    def answer_minutes(self, draw: random.Random, *, emergency: bool) -> float:
        """How long an answer takes: lognormal around the median."""
        median = self.answer_median_emergency if emergency else self.answer_median
        return median * draw.lognormvariate(0, self.answer_sigma)


def with_changes(changes: Iterable[str]) -> Numbers:
    """The usual figures with some changed, each as ``name=value``. Raises SimulationError."""
    known = {one.name for one in fields(Numbers)}
    values: dict[str, float] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not equals or value != value:
            raise SimulationError(f"“{change}” does not read as name=number.")
        if name not in known:
            raise SimulationError(
                f"There is no figure “{name}”. Known: {', '.join(sorted(known))}."
            )
        values[name] = value
    return replace(Numbers(), **values)
