"""One way for every action on a job: show the form, do it, say what happened or why not.

Forms come into a dialog by htmx and stand on a page of their own without it. A refusal is a
sentence and 409, never an error page: somebody else was a moment faster.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from jobs.console.access import BranchRequest
from jobs.console.rows import job_url
from jobs.errors import DomainError, InvalidInput
from jobs.models import Job

#: The element into which forms are swapped (see console/_action_dialog.html).
DIALOG = "act-body"


@dataclass(frozen=True, slots=True)
class Ask:
    """How an action's form is presented."""

    title: str
    button: str
    intro: str = ""
    danger: bool = False
    template: str = "console/_action.html"
    context: Mapping[str, Any] | None = None


def act(
    request: BranchRequest,
    job: Job,
    *,
    ask: Ask,
    form: Form,
    perform: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Show ``form``, or when posted and valid let ``perform`` do it; it returns what to say."""
    if request.method != "POST":
        return _show(request, job, ask, form, status=200)
    if form.is_valid():
        try:
            said = perform(form.cleaned_data)
        except InvalidInput as error:
            put_errors(form, error)
        except DomainError as error:
            return refused(request, job, error)
        else:
            return done(request, job, said)
    return _show(request, job, ask, form, status=422)


def at_once(request: BranchRequest, job: Job, perform: Callable[[], str]) -> HttpResponse:
    """An action without a form."""
    try:
        said = perform()
    except DomainError as error:
        return refused(request, job, error)
    return done(request, job, said)


def done(request: BranchRequest, job: Job, said: str) -> HttpResponse:
    """Say it in a toast and let the page look again; without htmx go to the job's page."""
    if request.htmx:
        return announce(HttpResponse(status=204), said, "good", acted=True)
    messages.success(request, said)
    return HttpResponseRedirect(job_url(request.branch, job))


def refused(request: BranchRequest, job: Job, error: DomainError) -> HttpResponse:
    """Say why not: in the dialog, in a toast, or on the job's page."""
    if not request.htmx:
        messages.error(request, error.detail)
        return HttpResponseRedirect(job_url(request.branch, job))
    context = {"title": error.title, "text": error.detail, "tone": "bad", "icon": "alert-triangle"}
    in_dialog = request.htmx.target == DIALOG
    response = render(request, "console/_refused.html", context, status=409)
    return announce(response, "" if in_dialog else error.detail, "bad", acted=False)


def put_errors(form: Form, error: InvalidInput) -> None:
    """Each sentence to its field; what has none here stands over the form."""
    for name, sentence in error.errors.items():
        form.add_error(name if name in form.fields else None, sentence)


def _show(request: BranchRequest, job: Job, ask: Ask, form: Form, *, status: int) -> HttpResponse:
    context = {
        "ask": ask,
        "form": form,
        "job": job,
        "branch": request.branch,
        "job_url": job_url(request.branch, job),
        "action_url": request.path,
        "action_template": ask.template,
        "nav": "board",
        **(ask.context or {}),
    }
    template = ask.template if request.htmx else "console/action.html"
    return render(request, template, context, status=status)


def announce(response: HttpResponse, said: str, tone: str, *, acted: bool) -> HttpResponse:
    """Let the page say it and look again; ``acted`` closes the dialog."""
    events: dict[str, Any] = {"fc:changed": {}}
    if acted:
        events["fc:acted"] = {}
    if said:
        events["fc:say"] = {"text": said, "tone": tone}
    # Escaped to ASCII by json, so that it fits into a header.
    response["HX-Trigger"] = json.dumps(events)
    return response
