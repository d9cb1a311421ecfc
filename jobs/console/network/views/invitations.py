"""Invitations: one or many at once, how each stands, sent again, taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from jobs.console.access import BranchRequest, branch_page
from jobs.console.network.access import find_invitation_of
from jobs.console.network.acting import Place, at_once
from jobs.console.network.forms import InviteForm
from jobs.console.network.pasted import Pasted, read_pasted
from jobs.console.network.rows import contractor_url
from jobs.console.network.states import INVITATION
from jobs.services.contractor_messages import tell_of_invitation
from network.context import shell
from network.errors import NetworkError
from network.models import Invitation
from network.services.invitations import invite, resend_invitation, revoke_invitation

#: Invitations on one page.
PAGE = 50
STATES = ("sent", "opened", "registered", "expired", "revoked")


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def invitations(request: BranchRequest) -> HttpResponse:
    """The list and the form; posted, every usable line is invited and the others are named."""
    at = shell(request)["shell"].now
    form = InviteForm(request.POST or None)
    outcome: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            outcome = _invite_all(request, read_pasted(form.cleaned_data["addresses"]))
            # The lines that were sent leave the box; those that could not stay to be mended.
            form = InviteForm(initial={"addresses": "\n".join(t for _, t, _ in outcome["bad"])})
            status = 422 if outcome["bad"] else 200
        else:
            status = 422
    of_branch = Invitation.objects.for_branch(request.branch)
    wanted = request.GET.get("state", "")
    listed = in_state(of_branch, wanted, at)
    page, pages = _page(request.GET.get("page"), listed.count())
    shown = listed.select_related("contractor", "invited_by")[(page - 1) * PAGE : page * PAGE]
    counts = _counts(of_branch, at)
    context = {
        "nav": "contractors",
        "branch": request.branch,
        "at": at,
        "form": form,
        "outcome": outcome,
        "state": wanted if wanted in STATES else "",
        "views": [("", "All", counts["all"])]
        + [(state, INVITATION[state].text, counts[state]) for state in STATES],
        "listed": [_row(request, invitation, at) for invitation in shown],
        "previous": page - 1 if page > 1 else 0,
        "next": page + 1 if page < pages else 0,
    }
    return render(request, "console/network/invitations.html", context, status=status)


def _invite_all(request: BranchRequest, pasted: Pasted) -> dict[str, Any]:
    sent, bad = [], list(pasted.bad)
    for invitee in pasted.invitees:
        try:
            with transaction.atomic():
                invitation, secret = invite(
                    branch_id=request.branch.pk,
                    email=invitee.email,
                    name=invitee.name,
                    actor_id=request.user.pk,
                )
                invitation.branch = request.branch
                _mail(request, invitation, secret)
        except NetworkError as error:
            bad.append((invitee.line, invitee.email, error.detail))
        else:
            sent.append(invitation.email)
    return {"sent": sent, "bad": sorted(bad)}


def _mail(request: BranchRequest, invitation: Invitation, secret: str) -> None:
    tell_of_invitation(invitation, secret=secret, inviter=request.user.name)


def in_state(invitations: QuerySet[Invitation], state: str, at: Any) -> QuerySet[Invitation]:
    """Those whose ``Invitation.state`` is that one; all of them for an unknown word."""
    match state:
        case "sent":
            return invitations.working(at=at).filter(opened_at__isnull=True)  # type: ignore[attr-defined]
        case "opened":
            return invitations.working(at=at).filter(opened_at__isnull=False)  # type: ignore[attr-defined]
        case "expired":
            return invitations.expired(at=at)  # type: ignore[attr-defined]
        case "registered":
            return invitations.registered()  # type: ignore[attr-defined]
        case "revoked":
            return invitations.filter(revoked_at__isnull=False)
    return invitations


def _counts(invitations: QuerySet[Invitation], at: Any) -> dict[str, int]:
    waits = Q(registered_at__isnull=True, revoked_at__isnull=True)
    lives = waits & Q(expires_at__gt=at)
    return invitations.aggregate(
        all=Count("pk"),
        sent=Count("pk", filter=lives & Q(opened_at__isnull=True)),
        opened=Count("pk", filter=lives & Q(opened_at__isnull=False)),
        registered=Count("pk", filter=Q(registered_at__isnull=False)),
        expired=Count("pk", filter=waits & Q(expires_at__lte=at)),
        revoked=Count("pk", filter=Q(revoked_at__isnull=False)),
    )


def _page(text: str | None, total: int) -> tuple[int, int]:
    pages = max(1, -(-total // PAGE))
    try:
        return min(max(int(text or 1), 1), pages), pages
    except ValueError:
        return 1, pages


def _row(request: BranchRequest, invitation: Invitation, at: Any) -> dict[str, Any]:
    state = invitation.state(at=at)
    contractor = invitation.contractor
    return {
        "invitation": invitation,
        "state": INVITATION[state],
        "may_resend": state in ("sent", "opened", "expired"),
        "may_revoke": state in ("sent", "opened", "expired"),
        "url": contractor_url(request.branch, contractor) if contractor else "",
    }


def _place(request: BranchRequest) -> Place:
    url = reverse("console:invitations", kwargs={"branch": request.branch.slug})
    return Place("Invitations", url)


@require_POST
@branch_page
def resend(request: BranchRequest, invitation: UUID) -> HttpResponse:
    """A new link and another 30 days."""
    found = find_invitation_of(request, invitation)

    def perform() -> str:
        again, secret = resend_invitation(invitation_id=found.pk)
        again.branch = request.branch
        _mail(request, again, secret)
        return f"{again.email} was invited again; the old link works no more."

    return at_once(request, _place(request), perform)


@require_POST
@branch_page
def revoke(request: BranchRequest, invitation: UUID) -> HttpResponse:
    """The link works no more."""
    found = find_invitation_of(request, invitation)

    def perform() -> str:
        revoke_invitation(invitation_id=found.pk)
        return f"The invitation of {found.email} is taken back."

    return at_once(request, _place(request), perform)
