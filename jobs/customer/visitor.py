"""Who looks at a customer's page, at which moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from jobs.models import Job


@dataclass(frozen=True, slots=True)
class Visitor:
    """The holder of a link that works. ``now`` is domain time, the same for the whole page."""

    job: Job
    token: str
    now: datetime

    def url(self, name: str = "page", *args: object) -> str:
        """An address of this customer's pages."""
        return reverse(f"customer:{name}", args=[self.token, *args])
