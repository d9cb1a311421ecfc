"""What a criterion needs to know beside the candidates' own facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ranking.smoothing import Means

KM_PER_MILE = 1.609344

_SYMBOLS = {"USD": "$", "CAD": "CA$", "GBP": "£", "EUR": "€"}


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """The job's side of a decision.

    ``not_to_exceed`` is the most the visit may cost (None: no limit), ``currency`` an ISO code,
    ``distance_unit`` 'mi' or 'km', ``means`` the branch's usual figures when it was made.
    """

    not_to_exceed: Decimal | None = None
    currency: str = "USD"
    distance_unit: str = "mi"
    means: Means = field(default_factory=Means)

    def as_json(self) -> dict[str, Any]:
        return {
            "not_to_exceed": None if self.not_to_exceed is None else str(self.not_to_exceed),
            "currency": self.currency,
            "distance_unit": self.distance_unit,
            "means": self.means.as_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DecisionContext:
        limit = data.get("not_to_exceed")
        return cls(
            not_to_exceed=None if limit is None else Decimal(limit),
            currency=data.get("currency", "USD"),
            distance_unit=data.get("distance_unit", "mi"),
            means=Means.from_json(data.get("means", {})),
        )

    def money(self, amount: float | Decimal) -> str:
        """'$118', '$118.50', '£90'; an unknown currency keeps its code: '120 SEK'."""
        cents = round(float(amount) * 100)
        whole, rest = divmod(abs(cents), 100)
        text = f"{whole:,}" if rest == 0 else f"{whole:,}.{rest:02d}"
        sign = "−" if cents < 0 else ""
        symbol = _SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {self.currency}"

    def distance(self, km: float) -> str:
        """'3.2 mi' or '5 km': one decimal below ten, none above."""
        amount = km / KM_PER_MILE if self.distance_unit == "mi" else km
        text = f"{amount:.1f}".removesuffix(".0") if amount < 9.95 else f"{amount:.0f}"
        return f"{text} {self.distance_unit}"
