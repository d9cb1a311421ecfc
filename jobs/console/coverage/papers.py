"""Papers that end soon, or have just ended, with what that would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.urls import NoReverseMatch, reverse

from jobs.messaging.words import Words
from network.models import Branch, Document
from network.services.documents import WARNING_DAYS

AHEAD_DAYS = max(WARNING_DAYS)
#: Papers that ended so many days ago are still shown.
BACK_DAYS = 7
MOST = 12


@dataclass(frozen=True, slots=True)
class EndingPaper:
    """One line of the list."""

    contractor: str
    paper: str
    ends: str
    tone: str
    contractor_url: str
    what_if_url: str


@dataclass(frozen=True, slots=True)
class EndingPapers:
    """Those that end first, and how many there are."""

    lines: list[EndingPaper]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.lines)


def ending_papers(branch: Branch, *, at: datetime) -> EndingPapers:
    """Approved papers without a newer one, of those who work here. Two queries at most."""
    today = at.astimezone(branch.zone).date()
    newer = Document.objects.filter(
        Q(requirement=OuterRef("requirement"))
        | Q(
            requirement__isnull=True,
            technician=OuterRef("technician"),
            skill=OuterRef("skill"),
        ),
        Q(expires_on__isnull=True) | Q(expires_on__gt=OuterRef("expires_on")),
        contractor=OuterRef("contractor"),
        state="approved",
    )
    found = (
        Document.objects.for_branch(branch)
        .filter(
            state="approved",
            expires_on__range=(
                today - timedelta(days=BACK_DAYS),
                today + timedelta(days=AHEAD_DAYS),
            ),
            contractor__status__in=["active", "paused"],
        )
        .exclude(Exists(newer))
    )
    listed = list(
        found.select_related("contractor", "requirement", "skill").order_by(
            F("expires_on"), "contractor__name", "pk"
        )[: MOST + 1]
    )
    total = len(listed) if len(listed) <= MOST else found.count()
    return EndingPapers([_line(one, branch, today) for one in listed[:MOST]], total)


def _line(document: Document, branch: Branch, today: date) -> EndingPaper:
    ends = document.expires_on
    assert ends is not None, "the range asks for a date"
    days = (ends - today).days
    if days < 0:
        said = f"ended on {ends:%a} {ends.day} {ends:%b}"
    else:
        said = f"ends {Words().days_left(days)}, on {ends:%a} {ends.day} {ends:%b}"
    first_without = max(today, ends + timedelta(days=1))
    return EndingPaper(
        contractor=document.contractor.name,
        paper=str(document.requirement or document.skill),
        ends=said,
        tone="is-bad" if days < 7 else "is-warn" if days < 30 else "",
        contractor_url=_contractor_url(document, branch),
        what_if_url=(
            f"{reverse('console:what_if', kwargs={'branch': branch.slug})}?what=lapse"
            f"&who={document.contractor.public_id}&start={first_without.isoformat()}"
        ),
    )


def _contractor_url(document: Document, branch: Branch) -> str:
    try:
        return reverse(
            "console:contractor",
            kwargs={"branch": branch.slug, "contractor": document.contractor.public_id},
        )
    except NoReverseMatch:
        return ""
