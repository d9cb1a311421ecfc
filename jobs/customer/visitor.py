"""Who looks at a customer's page, at which moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse

from jobs.models import ChangePolicy, Job
from jobs.services.customer_changes import Rights, rights_of
from jobs.services.fees import policy_at_hand
from jobs.states import OPEN
from network.openings import Taken


@dataclass(frozen=True)
class Visitor:
    """The holder of a link that works. ``now`` is domain time, the same for the whole page."""

    job: Job
    token: str
    now: datetime
    visit: Taken | None = None

    @property
    def brand(self) -> str:
        """With whom the customer has the appointment."""
        return self.job.client.name if self.job.client else self.job.branch.name

    @cached_property
    def policy(self) -> ChangePolicy:
        """The branch's rules for changes, read with the link."""
        return policy_at_hand(self.job.branch)

    @cached_property
    def rights(self) -> Rights:
        """What may be changed at this moment."""
        return rights_of(self.job, self.policy, at=self.now)

    @property
    def may_note(self) -> bool:
        """Whether somebody may still come who reads it."""
        return self.job.status in OPEN

    def url(self, name: str = "page", *args: object) -> str:
        """An address of this customer's pages."""
        return reverse(f"customer:{name}", args=[self.token, *args])
