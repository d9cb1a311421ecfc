"""What a booked visit is watched for until somebody is on site, and when. Pure.

Rules (design: protection). ``start`` is the planned start, ``last`` the last moment at which a
substitute could still arrive in the promised window (its end less the branch's lead):

* 24 h before the start the contractor is asked when he comes, and again 4 h before; whoever
  accepted later than that has just said that he comes, and is not asked.
* Once he named a time (the ETA): nothing 15 min after it, he is asked where he is; nothing 30 min
  after it, he is presumed not to come. Whoever reported that he is on his way gets an hour.
* Without an ETA he is presumed not to come at ``last``. Whoever was never asked gets until half an
  hour after the planned start, if that is later. He is warned 15 min before.
* Nobody is presumed not to come less than 15 min after the question where he is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

ASK_BEFORE = timedelta(hours=24)
ASK_AGAIN_BEFORE = timedelta(hours=4)
NUDGE_AFTER = timedelta(minutes=15)
PRESUME_AFTER = timedelta(minutes=30)
#: Whoever is on the way is stuck somewhere, and has said a word (ours).
PRESUME_AFTER_SETTING_OUT = timedelta(minutes=60)
#: How long a drive is taken to last where no time was named (ours).
USUAL_DRIVE = timedelta(minutes=30)


class Step(Enum):
    """What comes next for a visit that is watched."""

    ASK = "ask"
    ASK_AGAIN = "ask_again"
    NUDGE = "nudge"
    PRESUME = "presume"


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a live visit that has not begun. Times are aware instants."""

    window_end: datetime
    starts_at: datetime
    booked_at: datetime
    eta: datetime | None
    en_route_at: datetime | None
    asked_at: datetime | None
    asked_again_at: datetime | None
    nudged_at: datetime | None
    lead: timedelta

    @property
    def expected(self) -> datetime:
        """When somebody should be there, as far as is known."""
        if self.en_route_at is not None:
            return max(self.eta or self.en_route_at, self.en_route_at + USUAL_DRIVE)
        return self.eta or self.starts_at

    @property
    def presumed_at(self) -> datetime:
        """When nobody is expected to come any more, unless he says a word."""
        if self.en_route_at is not None:
            return self.expected + PRESUME_AFTER_SETTING_OUT
        if self.eta is not None:
            return self.eta + PRESUME_AFTER
        last = self.window_end - self.lead
        if self.asked_at is None and self.asked_again_at is None:
            last = max(last, self.starts_at + PRESUME_AFTER)
        return last

    @property
    def nudged_from(self) -> datetime:
        """When he is asked where he is."""
        if self.eta is not None or self.en_route_at is not None:
            return self.expected + NUDGE_AFTER
        return self.presumed_at - NUDGE_AFTER


def next_step(visit: Watched, at: datetime) -> tuple[Step, datetime]:
    """What comes next, and when; a moment at or before ``at`` means now."""
    nudge_at = visit.nudged_from
    if visit.eta is None and visit.en_route_at is None and visit.asked_again_at is None:
        first, again = visit.starts_at - ASK_BEFORE, visit.starts_at - ASK_AGAIN_BEFORE
        if visit.asked_at is None and visit.booked_at <= first and at < again < nudge_at:
            return Step.ASK, first
        if visit.booked_at <= again and max(at, again) < nudge_at:
            return Step.ASK_AGAIN, again
    if visit.nudged_at is None:
        return Step.NUDGE, nudge_at
    return Step.PRESUME, max(visit.presumed_at, visit.nudged_at + NUDGE_AFTER)
