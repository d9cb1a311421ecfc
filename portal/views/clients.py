"""For whom the contractor works: "not for this client again", and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from network.errors import NetworkError
from network.models import Client, ClientRefusal
from network.services.refusals import LONGEST_NOTE, accept_client_again, refuse_client
from portal.access import Acting, contractor_page
from portal.views.page import moment, portal_page


@require_safe
@contractor_page
def clients(request: HttpRequest, acting: Acting) -> HttpResponse:
    """The clients whose jobs were offered so far, and those refused."""
    refused = list(
        ClientRefusal.objects.filter(contractor=acting.contractor)
        .select_related("client")
        .order_by("client__name")
    )
    known = (
        Client.objects.filter(branch=acting.contractor.branch)
        .filter(jobs__offers__in=acting.offers())
        .exclude(pk__in=[one.client_id for one in refused])
        .annotate(offers=Count("jobs__offers", distinct=True))
        .order_by("name")
    )
    context = {
        "now": moment(request),
        "refused": refused,
        "known": list(known),
        "asked_about": request.GET.get("client", ""),
        "longest": LONGEST_NOTE,
    }
    return portal_page(request, acting, "clients", context, nav="you")


@require_POST
@contractor_page
def refuse(request: HttpRequest, acting: Acting, client_id: int) -> HttpResponse:
    """No new offers for this client's jobs. Only the firm's own logins may say so."""
    _firm_only(acting)
    try:
        refusal = refuse_client(
            contractor_id=acting.contractor.pk,
            client_id=client_id,
            note=request.POST.get("note", ""),
            actor_id=acting.user.pk,
        )
    except NetworkError as error:
        if error.code == "no-such-client":
            raise Http404(error.detail) from error
        messages.error(request, error.detail)
        return redirect("portal:clients")
    messages.success(
        request,
        f"No new offers for {refusal.client.name}. Visits and offers that stand are not touched.",
    )
    return redirect("portal:clients")


@require_POST
@contractor_page
def accept_again(request: HttpRequest, acting: Acting, client_id: int) -> HttpResponse:
    """Offers for this client's jobs come again."""
    _firm_only(acting)
    if not accept_client_again(
        contractor_id=acting.contractor.pk, client_id=client_id, actor_id=acting.user.pk
    ):
        raise Http404("You have not refused that client.")
    messages.success(request, "Offers for this client come again.")
    return redirect("portal:clients")


def _firm_only(acting: Acting) -> None:
    if acting.technician_id is not None:
        raise Http404("Only the firm itself can say for whom it works.")
