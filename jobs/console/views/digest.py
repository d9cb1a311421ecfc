"""Whether and when a member of staff gets a summary of the branch by e-mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.console.access import BranchRequest, branch_page
from jobs.models import Escalation, StaffDigest
from jobs.services.digests import set_digest

RHYTHMS = [
    ("", "Not at all"),
    ("hour", "Every hour in which something happened"),
    ("day", "Once a day"),
]


class DigestForm(forms.Form):
    every = forms.ChoiceField(label="How often", choices=RHYTHMS, required=False)
    hour = forms.TypedChoiceField(
        label="At",
        coerce=int,
        empty_value="7",
        required=False,
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def digest_page(request: BranchRequest) -> HttpResponse:
    """Show what is set; a POST changes it."""
    row = StaffDigest.objects.filter(user=request.user, branch=request.branch).first()
    initial: dict[str, Any] = (
        {"every": row.every, "hour": row.hour} if row else {"every": "", "hour": 7}
    )
    form = DigestForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        set_digest(
            user=request.user,
            branch=request.branch,
            every=form.cleaned_data["every"],
            hour=int(form.cleaned_data["hour"]),
        )
        messages.success(request, "Kept.")
        return redirect("console:digest", branch=request.branch.slug)
    context = {
        "nav": "messages",
        "nav_needs": Escalation.objects.filter(
            branch=request.branch, closed_at__isnull=True
        ).count(),
        "branch": request.branch,
        "form": form,
        "row": row,
    }
    return render(request, "console/digest.html", context)
