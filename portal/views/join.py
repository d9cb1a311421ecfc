"""Joining: the wizard of five steps, sending it in, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network.errors import NetworkError
from network.models import ApplicationState, User
from network.services.applications import STEPS, submit_application
from network.uploads import bounded_uploads
from portal.joining import STEP_NAMES, Applicant, applicant_of
from portal.sections import Section
from portal.views.page import moment

View = Callable[..., HttpResponseBase]


def applicant_page(view: View) -> View:
    """Give the view an ``Applicant``; whoever has no application yet begins one."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        applicant = applicant_of(request, cast(User, request.user))
        if applicant is None:
            return redirect("portal:join_start")
        request.branch = applicant.acting.contractor.branch  # type: ignore[attr-defined]
        answer = view(request, applicant, *args, **kwargs)
        add_never_cache_headers(answer)
        return answer

    return page


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """The way in, and the way back: to signing up, to the step reached, or to where it stands."""
    if not request.user.is_authenticated:
        here = urlencode({"next": reverse("portal:join")})
        return redirect(f"{reverse('account_signup')}?{here}")
    applicant = applicant_of(request, request.user)
    if applicant is None:
        return redirect("portal:join_start")
    if applicant.application.state == ApplicationState.DRAFT:
        return redirect("portal:join_step", step=applicant.goes_on_at)
    return redirect("portal:join_status")


@bounded_uploads
@require_http_methods(["GET", "HEAD", "POST"])
@applicant_page
def step(request: HttpRequest, applicant: Applicant, step: int) -> HttpResponse:
    """One step. Sent: ``go`` is next, back or leave; ``act`` is a section's own small action."""
    if not 1 <= step <= STEPS:
        raise Http404("There is no such step.")
    if not applicant.is_editable:
        return redirect("portal:join_status")
    if step > applicant.reached:
        return redirect("portal:join_step", step=applicant.goes_on_at)
    if request.method != "POST":
        return _show(request, applicant, step)
    sections = applicant.sections(step, now=moment(request), data=request.POST, files=request.FILES)
    for section in sections:
        section.too_large = getattr(request, "upload_too_large", False)
    if act := request.POST.get("act", ""):
        if _act(sections, act):
            return redirect("portal:join_step", step=step)
        return _page(request, applicant, step, sections)
    go = request.POST.get("go", "next")
    saved = applicant.save(sections, step)
    if not saved:
        if go == "next":
            return _page(request, applicant, step, sections, status=422)
        applicant.keep(step, request.POST)
    if go == "leave":
        return redirect("portal:join_left")
    if go.startswith("to:"):
        return redirect("portal:join_step", step=_number(go[3:], step))
    if applicant.is_sent_back or step == STEPS:
        return redirect("portal:join_status")
    return redirect("portal:join_step", step=step + 1)


def _number(text: str, otherwise: int) -> int:
    """The step asked for; a step beyond the one reached leads back by itself."""
    return int(text) if text in {str(number) for number in STEP_NAMES} else otherwise


def _act(sections: list[Section], act: str) -> bool:
    key, _, word = act.partition(":")
    for section in sections:
        if section.key == key:
            return section.act(word)
    raise Http404(f"There is no {act} here.")


def _show(request: HttpRequest, applicant: Applicant, step: int) -> HttpResponse:
    typed = applicant.typed(step)
    sections = applicant.sections(step, now=moment(request), data=typed)
    if typed is not None:
        for section in sections:
            section.is_valid()
    return _page(request, applicant, step, sections)


def _page(
    request: HttpRequest,
    applicant: Applicant,
    step: int,
    sections: list[Section],
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "contractor": applicant.acting.contractor,
        "branch": applicant.acting.contractor.branch,
        "is_firm": applicant.acting.is_firm,
        "application": applicant.application,
        "is_sent_back": applicant.is_sent_back,
        "step": step,
        "step_name": STEP_NAMES[step][0],
        "next_name": STEP_NAMES[step + 1][1] if step < STEPS else "check and send",
        "marks": applicant.marks(step),
        "sections": sections,
        "has_errors": status == 422,
        "lost_file": status == 422 and bool(request.FILES),
        "is_wide": any(section.wide for section in sections),
        "scripts": list(dict.fromkeys(path for part in sections for path in part.scripts)),
        "sheets": list(dict.fromkeys(path for part in sections for path in part.sheets)),
    }
    return render(request, "portal/join/step.html", context, status=status)


@require_safe
@applicant_page
def left(request: HttpRequest, applicant: Applicant) -> HttpResponse:
    """What is saved, and how to come back."""
    return render(
        request,
        "portal/join/left.html",
        {
            "branch": applicant.acting.contractor.branch,
            "step": applicant.goes_on_at,
            "step_name": STEP_NAMES[applicant.goes_on_at][1],
        },
    )


@require_safe
@applicant_page
def status(request: HttpRequest, applicant: Applicant) -> HttpResponse:
    """Before sending: everything at a glance and what is missing. After it: where it stands."""
    return _status(request, applicant)


def _status(
    request: HttpRequest, applicant: Applicant, *, refusal: str = "", code: int = 200
) -> HttpResponse:
    now = moment(request)
    application = applicant.application
    missing: dict[int, list[str]] = {}
    if applicant.is_editable:
        for number, sentence in applicant.missing():
            missing.setdefault(number, []).append(sentence)
    steps = [
        {
            "number": number,
            "name": name,
            "missing": missing.get(number, []),
            "mend": number in applicant.to_mend,
            "is_open": number <= applicant.reached,
            "says": [
                {"label": part.label or part.title, "icon": part.icon, "text": part.summary()}
                for part in applicant.sections(number, now=now)
            ],
        }
        for number, (name, _) in STEP_NAMES.items()
    ]
    context = {
        "contractor": applicant.acting.contractor,
        "branch": applicant.acting.contractor.branch,
        "application": application,
        "state": application.state,
        "is_editable": applicant.is_editable,
        "steps": steps,
        "is_complete": applicant.is_editable and not missing,
        "first_gap": min(missing, default=0),
        "marks": applicant.marks(0) if applicant.is_editable else [],
        "refusal": refusal,
        "to_mend": applicant.to_mend,
        "mend": [STEP_NAMES[number][0] for number in applicant.to_mend],
    }
    return render(request, "portal/join/status.html", context, status=code)


@require_POST
@applicant_page
def submit(request: HttpRequest, applicant: Applicant) -> HttpResponse:
    """Hand it to the office. A second tap finds it handed in."""
    try:
        submit_application(
            contractor_id=applicant.application.contractor_id, actor_id=applicant.acting.user.pk
        )
    except NetworkError as error:
        return _status(request, applicant, refusal=error.detail, code=422)
    messages.success(request, "Sent. We will write to you.")
    return redirect("portal:join_status")
