"""A firm's people: added, renamed, let go, and given logins of their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from jobs.errors import DomainError
from jobs.services.standing import VisitsStranded
from network.clock import app_now
from network.errors import NetworkError
from network.models import ContractorUser, Technician, TechnicianInvitation
from network.services.logins import invite_technician, remove_login
from network.services.technicians import (
    add_technician,
    deactivate_technician,
    reactivate_technician,
    rename_technician,
)
from portal.access import Acting, contractor_page
from portal.login_mail import send_login_invitation
from portal.views.sections import Question, change_with_decision, question_of, said_of


class NameForm(forms.Form):
    name = forms.CharField(max_length=120, error_messages={"required": "Give a name."})


class EmailForm(forms.Form):
    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "Give an e-mail address.",
            "invalid": "Give an e-mail address.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def people(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Everybody who does visits for the firm, and one more."""
    _whole_firm(acting)
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            added = add_technician(
                contractor_id=acting.contractor.pk,
                name=form.cleaned_data["name"],
                actor_id=acting.user.pk,
            )
        except NetworkError as error:
            form.add_error("name", error.detail)
        else:
            messages.success(request, f"{added.name} is in. Now say what {added.name} does.")
            return redirect("portal:person", added.public_id)
    rows = (
        Technician.objects.of_contractor(acting.contractor.pk)
        .order_by("-active", "name", "pk")
        .prefetch_related("skills__skill", "user_links")
    )
    context = {**_frame(acting), "people": rows, "form": form}
    return render(request, "portal/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def person(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """One of them: the name, whether they work here, and their login."""
    row = _own(acting, public_id)
    if request.method != "POST":
        return _page(request, acting, row, NameForm({"name": row.name}))
    ids = {
        "contractor_id": acting.contractor.pk,
        "technician_id": row.pk,
        "actor_id": acting.user.pk,
    }
    form, unchanged = NameForm(request.POST), NameForm({"name": row.name})
    try:
        match request.POST.get("do", "rename"):
            case "deactivate":
                stranded = change_with_decision(
                    request, acting, lambda: deactivate_technician(**ids)
                )
                said = said_of(stranded, request.POST.get("visits", ""))
                text = f"{row.name} does not work for you any more. {said}"
                messages.success(request, text.strip())
                return redirect("portal:people")
            case "reactivate":
                reactivate_technician(**ids)
                messages.success(request, f"{row.name} works for you again.")
            case _:
                if not form.is_valid():
                    return _page(request, acting, row, form)
                rename_technician(**ids, name=form.cleaned_data["name"])
                messages.success(request, "Saved.")
    except VisitsStranded as error:
        return _page(
            request, acting, row, NameForm({"name": row.name}), question=question_of(error)
        )
    except NetworkError as error:
        if error.field == "name":
            form.add_error("name", error.detail)
            return _page(request, acting, row, form)
        return _page(request, acting, row, unchanged, refusal=error.detail)
    except DomainError as error:
        return _page(request, acting, row, unchanged, refusal=error.detail)
    return redirect("portal:person", public_id)


@require_POST
@contractor_page
def login(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """Invite the person to sign in for themselves, or take their login away."""
    row = _own(acting, public_id)
    ids = {
        "contractor_id": acting.contractor.pk,
        "technician_id": row.pk,
        "actor_id": acting.user.pk,
    }
    if request.POST.get("do") == "remove":
        remove_login(**ids)
        messages.success(request, f"{row.name} cannot sign in any more.")
        return redirect("portal:person", public_id)
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _page(request, acting, row, NameForm({"name": row.name}), email_form=form)
    try:
        invitation, token = invite_technician(**ids, email=form.cleaned_data["email"])
    except NetworkError as error:
        form.add_error("email", error.detail)
        return _page(request, acting, row, NameForm({"name": row.name}), email_form=form)
    address = request.build_absolute_uri(reverse("portal:accept_login", args=[token]))
    if send_login_invitation(invitation=invitation, address=address, sender=acting.user):
        messages.success(request, f"{invitation.email} has got a link, good for two weeks.")
    else:
        messages.error(
            request, "The e-mail could not be sent just now. Try again in a few minutes."
        )
    return redirect("portal:person", public_id)


def _page(
    request: HttpRequest,
    acting: Acting,
    row: Technician,
    form: NameForm,
    *,
    email_form: EmailForm | None = None,
    question: Question | None = None,
    refusal: str = "",
) -> HttpResponse:
    logins = ContractorUser.objects.filter(technician=row).select_related("user")
    waiting = TechnicianInvitation.objects.filter(
        technician=row, accepted_at__isnull=True, revoked_at__isnull=True
    ).first()
    typed = email_form.data.get("email", "") if email_form is not None else ""
    context = {
        **_frame(acting),
        "person": row,
        "form": form,
        "email_form": email_form,
        "email": typed or (waiting.email if waiting is not None else ""),
        "logins": logins,
        "waiting": waiting,
        "is_expired": waiting is not None and waiting.expires_at <= app_now(),
        "skills": row.skills.select_related("skill").order_by("skill__name"),
        "question": question,
        "decision": request.POST.get("visits", ""),
        "refusal": refusal,
    }
    return render(request, "portal/person.html", context)


def _frame(acting: Acting) -> dict[str, Any]:
    return {
        "acting": acting,
        "contractor": acting.contractor,
        "branch": acting.contractor.branch,
        "is_firm": acting.is_firm,
        "nav": "you",
    }


def _own(acting: Acting, public_id: UUID) -> Technician:
    _whole_firm(acting)
    row = Technician.objects.of_contractor(acting.contractor.pk).filter(public_id=public_id).first()
    if row is None:
        raise Http404("There is nobody like that here.")
    found: Technician = row
    return found


def _whole_firm(acting: Acting) -> None:
    if acting.technician_id is not None:
        raise Http404("This is for whoever acts for the whole firm.")
