"""A section on a page of its own, under *You*: shown, checked, and saved with visits in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.errors import DomainError
from jobs.models import Booking
from jobs.services.standing import GIVE_BACK, KEEP, Stranded, VisitsStranded, change_profile
from network.uploads import bounded_uploads
from portal.access import Acting, contractor_page
from portal.sections import Section, SectionRefused, find_section
from portal.views.page import moment
from portal.work import OwnVisit, own_visit


@dataclass(frozen=True, slots=True)
class StrandedVisit:
    """A stranded visit beside what a page may show of it."""

    stranded: Stranded
    visit: OwnVisit


@dataclass(slots=True)
class Question:
    """Accepted visits that a change would strand, and what there is to decide."""

    visits: list[StrandedVisit]
    offers: int

    @property
    def may_stay(self) -> list[StrandedVisit]:
        return [row for row in self.visits if not row.stranded.must_go]

    @property
    def must_go(self) -> list[StrandedVisit]:
        return [row for row in self.visits if row.stranded.must_go]


def question_of(error: VisitsStranded) -> Question:
    """The stranded visits with what is shown of them; one query."""
    rows = {
        booking.pk: own_visit(booking)
        for booking in Booking.objects.filter(
            pk__in=[visit.booking_id for visit in error.visits]
        ).select_related("job__service_type", "offer", "technician")
    }
    found = [StrandedVisit(visit, rows[visit.booking_id]) for visit in error.visits]
    return Question(sorted(found, key=lambda row: row.visit.starts_at), error.offers)


def change_with_decision(
    request: HttpRequest, acting: Acting, change: Callable[[], object]
) -> list[Stranded]:
    """Make a change as the form's answer about stranded visits says; raises VisitsStranded."""
    return change_profile(
        contractor_id=acting.contractor.pk,
        change=change,
        actor=acting.actor,
        decision=request.POST.get("visits", ""),
        shown=shown_visits(request),
    )


def said_of(stranded: list[Stranded], decision: str) -> str:
    """What has become of the visits, for the message after a change."""
    gone = sum(1 for visit in stranded if visit.must_go)
    asked = len(stranded) - gone
    parts = []
    if gone:
        parts.append(f"{_visits(gone)} {'goes' if gone == 1 else 'go'} to somebody else.")
    if asked and decision == GIVE_BACK:
        parts.append(f"{_visits(asked)} given back.")
    elif asked and decision == KEEP:
        parts.append(f"{_visits(asked)} kept.")
    return " ".join(parts)


@bounded_uploads
@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def section(request: HttpRequest, acting: Acting, key: str) -> HttpResponse:
    """One section. What is wrong is said at its field; everything typed stays."""
    now = moment(request)
    shown = _make(request, acting, key, now)
    if request.method != "POST":
        return _page(request, acting, shown)
    word = request.POST.get("act", "")
    if word.startswith(f"{shown.key}:"):
        done = shown.act(word.partition(":")[2])
        return redirect("portal:section", key) if done else _page(request, acting, shown)
    if not shown.is_valid():
        return _page(request, acting, shown)
    try:
        stranded = change_with_decision(request, acting, shown.save)
    except VisitsStranded as error:
        shown.forget_files()
        again = _make(request, acting, key, now)
        again.is_valid()
        return _page(request, acting, again, question_of(error), lost_file=bool(shown.kept_files))
    except (SectionRefused, DomainError) as error:
        shown.forget_files()
        refused = "" if isinstance(error, SectionRefused) else error.detail
        return _page(request, acting, shown, refusal=refused)
    said = said_of(stranded, request.POST.get("visits", ""))
    messages.success(request, f"Saved. {said}".strip())
    # What became of a paper stands on its own page.
    return redirect("portal:section", key) if shown.kept_files else redirect("portal:you")


def _make(request: HttpRequest, acting: Acting, key: str, now: datetime) -> Section:
    try:
        kind = find_section(key)
    except LookupError as error:
        raise Http404(str(error)) from error
    if not kind.is_for(acting):
        raise Http404("This is for whoever acts for the whole firm.")
    is_post = request.method == "POST"
    made = kind(
        acting,
        now=now,
        data=request.POST if is_post else None,
        files=request.FILES if is_post else None,
    )
    made.too_large = getattr(request, "upload_too_large", False)
    return made


def _page(
    request: HttpRequest,
    acting: Acting,
    shown: Section,
    question: Question | None = None,
    *,
    lost_file: bool = False,
    refusal: str = "",
) -> HttpResponse:
    context = {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "you",
        "section": shown,
        "part": shown.context(),
        "question": question,
        "lost_file": lost_file,
        "refusal": refusal,
        "decision": request.POST.get("visits", ""),
    }
    return render(request, "portal/section.html", context)


def shown_visits(request: HttpRequest) -> list[UUID]:
    """The stranded visits that the form listed, which its answer is about."""
    found = []
    for text in request.POST.getlist("stranded"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _visits(count: int) -> str:
    return "1 visit" if count == 1 else f"{count} visits"
