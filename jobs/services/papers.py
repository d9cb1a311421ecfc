"""Due work about papers: dates of clearance follow from them, and what ends is said in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from jobs.models.message import Message
from jobs.services.announcements import Announcement, announce
from jobs.services.locked import database_now
from jobs.services.transactions import service
from network.models import Branch, BranchStaff
from network.services.clearance import refresh_stale_clearance
from network.services.clearance_notices import take_ended_clearances
from network.services.documents import take_due_warnings

log = structlog.get_logger(__name__)


def settle_papers() -> int:
    """Let the dates of clearance follow changed papers, and tell what ends; returns the work done.

    Running it twice, late, or beside another copy changes nothing.
    """
    return len(refresh_stale_clearance()) + tell_of_papers()


@dataclass(frozen=True, slots=True)
class _Ending:
    """Something that ends, or ended: a paper, or a date of clearance that was set by hand."""

    branch_id: int
    contractor_id: int
    name: str
    email: str
    cause: str
    paper: str
    work: str
    day: date
    days_left: int
    still_cleared: bool

    @property
    def context(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "paper": self.paper,
            "work": self.work,
            "day": self.day.isoformat(),
            "days_left": self.days_left,
            "still_cleared": self.still_cleared,
        }


@service
def tell_of_papers() -> int:
    """Write the messages that are due about papers: to each contractor, and one to each of staff.

    Returns how many endings were told. What is due together goes to staff as one list.
    """
    at = database_now()
    endings = [
        _Ending(
            branch_id=notice.branch_id,
            contractor_id=notice.contractor_id,
            name=notice.contractor_name,
            email=notice.contractor_email,
            # Not by days: after a standstill several are due, and one is said.
            cause=f"paper:{notice.document_public_id}:{notice.days_left}",
            paper=notice.paper,
            work=notice.work,
            day=notice.expires_on,
            days_left=notice.days_left,
            still_cleared=notice.still_cleared,
        )
        for notice in take_due_warnings(at=at)
    ]
    endings += [
        _Ending(
            branch_id=ended.branch_id,
            contractor_id=ended.contractor_id,
            name=ended.contractor_name,
            email=ended.contractor_email,
            cause=f"cleared:{ended.contractor_id}:{ended.cleared_until.isoformat()}",
            paper="",
            work="",
            day=ended.cleared_until,
            days_left=-1,
            still_cleared=False,
        )
        for ended in take_ended_clearances(at=at)
    ]
    if not endings:
        return 0
    branches = Branch.objects.in_bulk({ending.branch_id for ending in endings})
    announce(
        [
            Announcement(
                branch_id=ending.branch_id,
                cause=ending.cause,
                recipient_kind=Message.Recipient.CONTRACTOR,
                contractor_id=ending.contractor_id,
                address=ending.email,
                template=(
                    Message.Template.PAPER_ENDED
                    if ending.days_left < 0
                    else Message.Template.PAPER_ENDS
                ),
                context={**ending.context, "branch": branches[ending.branch_id].name},
            )
            for ending in endings
        ]
        + list(_to_staff(endings, branches)),
        at=at,
    )
    return len(endings)


def _to_staff(endings: Sequence[_Ending], branches: dict[int, Branch]) -> Iterable[Announcement]:
    """One message to everybody of a branch's staff, with all that is due in it."""
    by_branch: dict[int, list[_Ending]] = defaultdict(list)
    for ending in endings:
        by_branch[ending.branch_id].append(ending)
    staff = BranchStaff.objects.filter(
        branch_id__in=by_branch, user__is_active=True
    ).select_related("user")
    for one in staff.order_by("pk"):
        listed = sorted(by_branch[one.branch_id], key=lambda ending: (ending.day, ending.name))
        yield Announcement(
            branch_id=one.branch_id,
            cause=f"papers:{listed[0].cause}:{len(listed)}"[:120],
            recipient_kind=Message.Recipient.STAFF,
            address=one.user.email,
            template=Message.Template.PAPERS_TO_STAFF,
            context={
                "name": one.user.get_short_name() or one.user.email,
                "branch": branches[one.branch_id].name,
                "slug": branches[one.branch_id].slug,
                "papers": [ending.context for ending in listed],
            },
        )
