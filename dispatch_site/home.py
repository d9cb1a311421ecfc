"""The front door: everybody is sent to the pages they work with."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from network.models import BranchStaff, ContractorStatus, ContractorUser

AT_WORK = (ContractorStatus.ACTIVE, ContractorStatus.PAUSED, ContractorStatus.SUSPENDED)


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Staff go to the console, contractors to the portal, and a fresh account to the wizard."""
    user = request.user
    assert user.is_authenticated  # login_required saw to it
    if user.is_superuser or BranchStaff.objects.filter(user=user).exists():
        return redirect("console:board")
    links = ContractorUser.objects.filter(user=user)
    if links.filter(contractor__status__in=AT_WORK).exists():
        return redirect("portal:today")
    if user.is_staff and not links.exists():
        return redirect("admin:index")
    return redirect("portal:join")
