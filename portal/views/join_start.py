"""The first step, before there is an application: which branch, and what the business is called."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from network.branches import branches_around, branches_covering
from network.errors import NetworkError
from network.geo import ZipPlace, lookup_zip
from network.models import Application, Branch, Invitation, User
from network.services.applications import begin_application, save_step
from network.services.businesses import set_business
from network.services.invitations import use_invitation
from portal.access import SESSION_CONTRACTOR
from portal.invited import drop_invitation, kept_invitation, kept_token
from portal.joining import step_marks
from portal.sections.business import BusinessForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Choose the branch (by ZIP where there are several) and give the business its name."""
    user = cast(User, request.user)
    invitation = kept_invitation(request)
    typed_zip = (request.POST if request.method == "POST" else request.GET).get("zip", "").strip()
    place = lookup_zip(typed_zip) if typed_zip else None
    choices = _branches(invitation, place)
    if not choices:
        return _ask_zip(request, typed_zip, place)
    slug = request.POST.get("branch", "")
    branch = next((item for item in choices if item.slug == slug), choices[0])
    if request.method == "POST":
        form = BusinessForm(request.POST, prefix="business", in_wizard=True)
        if form.is_valid():
            try:
                application = _begin(request, user, branch, form.cleaned_data)
            except NetworkError as error:
                form.add_error(error.field if error.field in form.fields else None, error.detail)
            else:
                request.session[SESSION_CONTRACTOR] = application.contractor_id
                drop_invitation(request)
                return redirect("portal:join_step", step=application.step)
    else:
        form = BusinessForm(
            prefix="business",
            in_wizard=True,
            initial={
                "name": invitation.name if invitation else "",
                "person": user.name,
                "postcode": place.zip if place else "",
            },
        )
    context = {
        "form": form,
        "part": {"form": form},
        "choices": choices,
        "branch": branch,
        "zip": typed_zip,
        "invitation": invitation,
        "marks": step_marks(1, 1),
    }
    return render(request, "portal/join/start.html", context, status=422 if form.errors else 200)


def _branches(invitation: Invitation | None, place: ZipPlace | None) -> list[Branch]:
    """Those to choose from, the nearest first; none until a ZIP code says where."""
    if invitation is not None:
        return [invitation.branch]
    if place is not None:
        return [branch for branch, _ in branches_covering(place.latitude, place.longitude)]
    everywhere = branches_around(0, 0)
    return [everywhere[0][0]] if len(everywhere) == 1 else []


def _ask_zip(request: HttpRequest, typed: str, place: ZipPlace | None) -> HttpResponse:
    nearest: tuple[Branch, float] | None = None
    error = ""
    if typed and place is None:
        error = f"“{typed[:20]}” is not a US ZIP code of five digits, as in 02215."
    elif place is not None:
        around = branches_around(place.latitude, place.longitude)
        nearest = around[0] if around else None
        error = f"No branch covers {place.zip} {place.city.title()} yet."
    context: dict[str, Any] = {
        "zip": typed,
        "error": error,
        "nearest": nearest,
        "place": place,
        "marks": step_marks(1, 1),
    }
    return render(request, "portal/join/where.html", context, status=200)


@transaction.atomic
def _begin(
    request: HttpRequest, user: User, branch: Branch, cleaned: dict[str, Any]
) -> Application:
    """Begin, or go back to one's own unfinished application in the branch, which stays as it is."""
    application = begin_application(
        branch=branch, user=user, name=cleaned["name"], phone=cleaned["phone"]
    )
    if application.step > 1:
        return application
    contractor = application.contractor
    set_business(
        contractor_id=contractor.pk,
        user_id=user.pk,
        name=cleaned["name"],
        person=cleaned["person"],
        phone=cleaned["phone"],
        email=contractor.email,
        postcode=cleaned["postcode"],
        is_firm=cleaned["crew"] == "firm",
    )
    if kept_invitation(request) is not None:
        use_invitation(token=kept_token(request), contractor_id=contractor.pk)
    return save_step(contractor_id=contractor.pk, step=2)
