"""Figures from few observations are pulled towards what is usual in the branch.

A contractor with one declined offer is not a 0 % contractor. So every rate is mixed with
``PRIOR_STRENGTH`` imaginary observations at the branch's usual figure: with 10 real observations
the two weigh the same, with 90 the contractor's own figure makes up nine tenths. A newcomer stands
exactly at the branch's figure. The branch's own figure is pulled in the same way towards the
defaults below, so that a new branch starts somewhere sensible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

PRIOR_STRENGTH = 10
"""How many imaginary observations at the branch's usual figure are added."""

FEW = 5
"""Below this many observations a sentence says that they are too few to tell."""

DEFAULT_ACCEPT_RATE = 0.7  # no published figure for open networks; ours, as in the simulation
DEFAULT_RESPONSE_MINUTES = 10.0  # ours
DEFAULT_RATING = 4.5  # ours: people who rate a visit mostly give 4 or 5
DEFAULT_FIX_RATE = 0.77  # the mean of field service firms (customerthink.com)
DEFAULT_ON_TIME_RATE = 0.9  # what networks ask of their contractors (fieldnation.com)
DEFAULT_STRIKES_RATE = 0.08  # ours: 3 % given back late, 2 % early, about 1 % no-shows


@dataclass(frozen=True, slots=True)
class Means:
    """The branch's usual figures.

    Shares accepted, fixed at the first visit and on time (0–1), minutes to answer, rating (1–5),
    strikes per accepted job (see ``evidence.STRIKES``), and how many jobs the whole branch's
    contractors accepted in the last 14 days.
    """

    accept_rate: float = DEFAULT_ACCEPT_RATE
    response_minutes: float = DEFAULT_RESPONSE_MINUTES
    rating_mean: float = DEFAULT_RATING
    fix_rate: float = DEFAULT_FIX_RATE
    on_time_rate: float = DEFAULT_ON_TIME_RATE
    strikes_rate: float = DEFAULT_STRIKES_RATE
    recent_accepted: int = 0

    def as_json(self) -> dict[str, float]:
        return {key: round(value, 4) for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, float]) -> Means:
        """Figures as logged; those that did not exist then get their default."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})  # type: ignore[arg-type]


def smoothed(
    *, total: float, count: float, prior: float, strength: float = PRIOR_STRENGTH
) -> float:
    """The mean of ``count`` observations adding up to ``total``, pulled towards ``prior``.

    Lies between the observed mean and the prior; rises with ``total``; nears the observed mean as
    ``count`` grows. With no observation at all it is the prior.
    """
    return (total + strength * prior) / (count + strength)
