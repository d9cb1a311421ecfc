"""For users of several contractors: whose pages to see."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from portal.access import SESSION_CONTRACTOR, links_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the contractor to act for; kept for this session."""
    links = links_of(request.user)
    if not links:
        raise PermissionDenied("These pages are for contractors.")
    back = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = reverse("portal:today")
    if request.method == "POST":
        wanted = request.POST.get("contractor", "")
        for link in links:
            if str(link.contractor.public_id) == wanted:
                request.session[SESSION_CONTRACTOR] = link.contractor_id
                return redirect(back)
    return render(request, "portal/choose.html", {"links": links, "next": back})
