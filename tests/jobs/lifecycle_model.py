"""A pure model of a job's life: who holds it, who is asked, and what each word changes.

It knows nothing of ranking, so whom the machine asks, and until when, it learns by looking; what
follows from an answer, a silence or a word it says beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from jobs.watch import Step, Watched, next_step

LIVE = ("booked", "en_route", "on_site")
MOVING = ("booked", "en_route")


@dataclass
class Offer:
    contractor: int
    status: str
    expires_at: datetime
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    pay: Decimal = Decimal(0)
    travel: timedelta = timedelta()
    is_open: bool = False  # one of an open call
    waits: bool = False  # his own price or time, which the branch decides about
    own_start: datetime | None = None  # of what waits
    countered: bool = False


@dataclass
class Visit:
    contractor: int
    watched: Watched
    ends_at: datetime
    live: bool = True
    end: str = ""  # completed, released, cancelled
    silent: bool = False  # released because nothing was heard


@dataclass
class Standby:
    contractor: int
    status: str
    expires_at: datetime
    starts_at: datetime
    ends_at: datetime

    @property
    def holds(self) -> bool:
        return self.status in ("asked", "standing")


@dataclass
class Job:
    window_start: datetime
    window_end: datetime
    limit: Decimal = Decimal(0)
    status: str = "new"
    holder: int | None = None
    offers: dict[int, Offer] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    standbys: dict[int, Standby] = field(default_factory=dict)

    @property
    def live_visit(self) -> Visit | None:
        return next((v for v in self.visits.values() if v.live), None)

    @property
    def standing(self) -> Standby | None:
        return next((s for s in self.standbys.values() if s.status == "standing"), None)

    def pending(self) -> list[Offer]:
        return [offer for offer in self.offers.values() if offer.status == "pending"]

    # -- answers -------------------------------------------------------------------------------

    def accept(self, offer: Offer, *, now: datetime, suspended: set[int]) -> bool:
        """Whether the yes counts."""
        if offer.status == "accepted":
            return True  # the same yes once more
        if offer.status != "pending" or now >= offer.expires_at or offer.contractor in suspended:
            return False
        if offer.waits:
            return False  # the branch has it
        self._take(offer)
        return True

    def decline(self, offer: Offer, *, now: datetime) -> bool:
        if offer.status == "declined":
            return True
        if offer.status != "pending" or now >= offer.expires_at:
            return False
        offer.status = "declined"
        return True

    def undeliverable(self, offer: Offer, *, now: datetime) -> bool:
        if offer.status != "pending" or now >= offer.expires_at:
            return False
        offer.status, offer.reason = "withdrawn", "undeliverable"
        return True

    def answer_standby(self, standby: Standby, *, yes: bool, now: datetime) -> bool:
        wanted = "standing" if yes else "declined"
        if standby.status == wanted:
            return True
        if standby.status != "asked" or now >= standby.expires_at:
            return False
        standby.status = wanted
        return True

    # -- prices and times of their own ---------------------------------------------------------

    def inside(self, start: datetime | None) -> bool:
        return start is None or self.window_start <= start <= self.window_end

    def may_propose(
        self, offer: Offer, pay: Decimal, start: datetime | None, *, now: datetime
    ) -> bool:
        """Whether another price or start may be named in answer to the offer."""
        if offer.countered:
            return True  # what became of it is told again
        if offer.status != "pending" or now >= offer.expires_at or offer.waits or offer.is_open:
            return False
        if start is not None and start <= now:
            return False
        if pay == offer.pay and start in (None, offer.starts_at):
            return False
        return now < self.window_end - offer.travel

    def propose(self, offer: Offer, counter: Offer) -> None:
        """``counter`` stands in the offer's place, and is taken at once where the rule allows."""
        offer.status, offer.reason, offer.countered = "withdrawn", "countered", True
        if self.is_by_rule(offer, counter.pay, counter.own_start):
            self._take(counter)

    def is_by_rule(self, offer: Offer, pay: Decimal, start: datetime | None) -> bool:
        return self.inside(start) and pay <= max(offer.pay, self.limit)

    @property
    def waiting(self) -> Offer | None:
        return next((offer for offer in self.pending() if offer.waits), None)

    def may_agree(self, *, now: datetime) -> bool:
        """Whether the branch may still take what waits for it."""
        offer = self.waiting
        return offer is not None and now < offer.expires_at

    def agree(self) -> None:
        """The branch takes it; a start outside the promise moves the promise around it."""
        offer = self.waiting
        assert offer is not None
        if offer.own_start is not None and not self.inside(offer.own_start):
            self._end_standbys("released")
            length = self.window_end - self.window_start
            self.window_start, self.window_end = offer.own_start, offer.own_start + length
        self._take(offer)

    def disagree(self) -> bool:
        offer = self.waiting
        if offer is None:
            return False
        offer.status, offer.reason = "withdrawn", "not_agreed"
        return True

    def _take(self, offer: Offer) -> None:
        offer.status, self.status, self.holder = "accepted", "booked", offer.contractor
        self._withdraw("taken")

    # -- another window ------------------------------------------------------------------------

    def move(self, start: datetime, end: datetime, *, now: datetime) -> str:
        """``refused``, ``same``, ``moved`` or, where the visit may be kept or lost, ``booked``."""
        if self.status in ("completed", "cancelled") or start <= now:
            return "refused"
        if (start, end) == (self.window_start, self.window_end):
            return "same"
        if self.status not in ("new", "offering", "booked"):
            return "refused"
        self._withdraw("moved")
        self._end_standbys("released")
        self.window_start, self.window_end = start, end
        return "booked" if self.status == "booked" else "moved"

    def keep(self, visit: Visit, starts_at: datetime, ends_at: datetime) -> None:
        """He makes it at the new time, and is asked anew when he comes."""
        visit.ends_at = ends_at
        visit.watched = replace(
            visit.watched,
            window_end=self.window_end,
            starts_at=starts_at,
            eta=None,
            asked_at=None,
            asked_again_at=None,
            nudged_at=None,
        )

    # -- the visit -----------------------------------------------------------------------------

    def come_back(self, visit: Visit) -> str:
        """A word from somebody: ``his`` again, ``gone`` for good, or nothing to undo (``""``)."""
        if visit.live or not visit.silent:
            return ""
        if self.status != "offering" or not self.inside(visit.watched.starts_at):
            return "gone"  # somebody else has it, or it moved to a time he never agreed to
        self._withdraw("first_is_back")
        visit.live, visit.end, visit.silent = True, "", False
        visit.watched = replace(visit.watched, nudged_at=None, window_end=self.window_end)
        self.status, self.holder = "booked", visit.contractor
        return "his"

    def set_eta(self, visit: Visit, eta: datetime, *, now: datetime) -> bool:
        if not visit.live:
            return False
        if visit.watched.eta == eta:
            return True
        if self.status == "on_site" or eta < now:
            return False
        if not self.window_start <= eta <= self.window_end:
            return False
        visit.watched = replace(visit.watched, eta=eta, nudged_at=None)
        return True

    def start_travel(self, visit: Visit, *, now: datetime) -> bool:
        if not visit.live:
            return False
        if self.status == "booked":
            self.status = "en_route"
            visit.watched = replace(visit.watched, en_route_at=now, nudged_at=None)
        return True

    def arrive(self, visit: Visit) -> bool:
        if not visit.live:
            return False
        self.status = "on_site"
        self._end_standbys("released")
        return True

    def complete(self, visit: Visit) -> bool:
        if visit.end == "completed":
            return True
        if not visit.live or self.status != "on_site":
            return False
        self._end(visit, "completed")
        self.status = "completed"
        return True

    def give_back(self, visit: Visit, *, suspended: set[int]) -> bool:
        if visit.end == "released":
            return True
        if not visit.live:
            return False
        self.lose(visit, suspended=suspended, may_step_in=True)
        return True

    def lose(
        self, visit: Visit, *, suspended: set[int], may_step_in: bool, silent: bool = False
    ) -> None:
        """The visit is taken from its contractor; whoever stands by has it at once."""
        self._end(visit, "released")
        visit.silent = silent
        self.status = "offering"
        standby = self.standing
        if may_step_in and standby is not None and standby.contractor not in suspended:
            standby.status = "stepped_in"
            self.status, self.holder = "booked", standby.contractor
        self._end_standbys("released")

    def cancel(self) -> bool:
        if self.status == "completed":
            return False
        if self.status != "cancelled":
            self._withdraw("cancelled")
            self._end_standbys("released")
            if self.live_visit is not None:
                self._end(self.live_visit, "cancelled")
            self.status = "cancelled"
        return True

    # -- time ----------------------------------------------------------------------------------

    def expire(self, *, now: datetime) -> None:
        for offer in self.pending():
            if offer.expires_at <= now:
                offer.status = "expired"

    def watch(self, *, now: datetime, suspended: set[int]) -> None:
        """One look at the visit: at most one question, or the presumption that nobody comes."""
        visit = self.live_visit
        if visit is None or self.status not in MOVING:
            return
        step, when = next_step(visit.watched, now)
        if when <= now:
            if step == Step.PRESUME:
                self.lose(visit, suspended=suspended, may_step_in=True, silent=True)
                return
            column = {
                Step.ASK: "asked_at",
                Step.ASK_AGAIN: "asked_again_at",
                Step.NUDGE: "nudged_at",
            }[step]
            visit.watched = replace(visit.watched, **{column: now})
        for standby in self.standbys.values():
            if standby.status == "asked" and standby.expires_at <= now:
                standby.status = "expired"

    # -- people --------------------------------------------------------------------------------

    def without(self, suspended: set[int]) -> None:
        """Nobody who is suspended is asked, stands by, or keeps a visit he has not begun."""
        for offer in self.pending():
            if offer.contractor in suspended:
                offer.status, offer.reason = "withdrawn", "not_active"
        visit = self.live_visit
        if visit is not None and visit.contractor in suspended and self.status in MOVING:
            self.lose(visit, suspended=suspended, may_step_in=True)
        for standby in self.standbys.values():
            if standby.holds and standby.contractor in suspended:
                standby.status = "released"

    def sick(self, contractor: int, *, now: datetime, until: datetime, suspended: set[int]) -> None:
        def concerned(starts_at: datetime, ends_at: datetime) -> bool:
            return starts_at < until and ends_at > now

        for offer in self.pending():
            if offer.contractor == contractor and concerned(offer.starts_at, offer.ends_at):
                offer.status, offer.reason = "withdrawn", "sick"
        for standby in self.standbys.values():
            his = standby.holds and standby.contractor == contractor
            if his and concerned(standby.starts_at, standby.ends_at):
                standby.status = "released"
        visit = self.live_visit
        if (
            visit is not None
            and visit.contractor == contractor
            and self.status in MOVING
            and concerned(visit.watched.starts_at, visit.ends_at)
        ):
            self.lose(visit, suspended=suspended, may_step_in=True)

    def _withdraw(self, reason: str) -> None:
        for offer in self.pending():
            offer.status, offer.reason = "withdrawn", reason

    def _end(self, visit: Visit, how: str) -> None:
        visit.live, visit.end = False, how
        self.holder = None

    def _end_standbys(self, status: str) -> None:
        for standby in self.standbys.values():
            if standby.holds:
                standby.status = status
