"""What the area on the map covers, told anew while it is being changed. Nothing is saved."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from portal.access import Acting, contractor_page
from portal.joining import Applicant
from portal.sections.where import Where
from portal.views.join import applicant_page
from portal.views.page import moment


@require_POST
@applicant_page
def wizard_area(request: HttpRequest, applicant: Applicant) -> HttpResponse:
    """For step 3 of the wizard."""
    return _covers(request, applicant.acting, in_wizard=True)


@require_POST
@contractor_page
def own_area(request: HttpRequest, acting: Acting) -> HttpResponse:
    """For the page under *You*. An outline is long, which is why even looking is a POST."""
    return _covers(request, acting, in_wizard=False)


def _covers(request: HttpRequest, acting: Acting, *, in_wizard: bool) -> HttpResponse:
    section = Where(acting, now=moment(request), data=request.POST, in_wizard=in_wizard)
    context = {"part": section.context(), "section": section, "is_live": True}
    return render(request, "portal/sections/_where_says.html", context)
