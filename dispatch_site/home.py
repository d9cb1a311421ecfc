"""The front door: everybody is sent to the pages they work with."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from network.models import BranchStaff, ContractorUser


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Staff go to the console, contractors to the portal; an account without a place gets 403."""
    user = request.user
    assert user.is_authenticated  # login_required saw to it
    if user.is_superuser or BranchStaff.objects.filter(user=user).exists():
        return redirect("console:board")
    if ContractorUser.objects.filter(user=user).exists():
        return redirect("portal:today")
    if user.is_staff:
        return redirect("admin:index")
    raise PermissionDenied(
        "This account belongs to no branch and no contractor. Ask your dispatcher."
    )
