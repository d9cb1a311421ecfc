"""One way for every action on a contractor, an application, a paper or an invitation.

As with actions on jobs: the form comes into a dialog by htmx and stands on a page of its own
without it; a refusal is a sentence (409), wrong input stands at its field (422).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from jobs.console.access import BranchRequest
from jobs.console.acting import DIALOG, Ask, announce
from jobs.errors import DomainError
from network.errors import NetworkError


@dataclass(frozen=True, slots=True)
class Place:
    """The page an action belongs to: where "leave it" leads, and where one comes out.

    ``after`` is where one comes out when that page is no longer there or has nothing to do.
    """

    title: str
    url: str
    after: str = ""

    @property
    def out(self) -> str:
        return self.after or self.url


def act(
    request: BranchRequest,
    place: Place,
    *,
    ask: Ask,
    form: Form,
    perform: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Show ``form``, or when posted and valid let ``perform`` do it; it returns what to say."""
    if request.method != "POST":
        return show(request, place, ask, form, status=200)
    if form.is_valid():
        try:
            # What is done and the message about it happen both or not at all.
            with transaction.atomic():
                said = perform(form.cleaned_data)
        except NetworkError as error:
            if error.field not in form.fields:
                return refused(request, place, error.detail)
            form.add_error(error.field, error.detail)
        except DomainError as error:
            return refused(request, place, error.detail)
        else:
            return done(request, place, said)
    return show(request, place, ask, form, status=422)


def at_once(request: BranchRequest, place: Place, perform: Callable[[], str]) -> HttpResponse:
    """An action without a form."""
    try:
        with transaction.atomic():
            said = perform()
    except (NetworkError, DomainError) as error:
        return refused(request, place, error.detail)
    return done(request, place, said)


def done(request: BranchRequest, place: Place, said: str) -> HttpResponse:
    """Say it and let the page look again; where the page is over, go on to the next one."""
    if request.htmx and not place.after:
        return announce(HttpResponse(status=204), said, "good", acted=True)
    messages.success(request, said)
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = place.out
        return response
    return HttpResponseRedirect(place.out)


def refused(request: BranchRequest, place: Place, sentence: str) -> HttpResponse:
    """Say why not: in the dialog, in a toast, or on the page the action belongs to."""
    if not request.htmx:
        messages.error(request, sentence)
        return HttpResponseRedirect(place.url)
    context = {
        "title": "That is not possible now",
        "text": sentence,
        "tone": "bad",
        "icon": "alert-triangle",
    }
    in_dialog = request.htmx.target == DIALOG
    response = render(request, "console/_refused.html", context, status=409)
    return announce(response, "" if in_dialog else sentence, "bad", acted=False)


def show(
    request: BranchRequest, place: Place, ask: Ask, form: Form, *, status: int
) -> HttpResponse:
    """The form, in the dialog or on a page of its own."""
    context = {
        "ask": ask,
        "form": form,
        "branch": request.branch,
        "place": place,
        "job_url": place.url,  # where the shared form's "leave it" leads
        "action_url": request.get_full_path(),
        "action_template": ask.template,
        "nav": "contractors",
        **(ask.context or {}),
    }
    template = ask.template if request.htmx else "console/network/action.html"
    return render(request, template, context, status=status)
