"""Takes one of the other times that we offered because the promise was in danger."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.customer.access import customer_actor, customer_page
from jobs.customer.views.page import appointment
from jobs.customer.visitor import Visitor
from jobs.errors import DomainError
from jobs.services.customer_changes import choose_window, keep_window


@require_POST
@customer_page
def choose(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """One of the windows, or the present one: then we go on looking."""
    offer, index = request.POST.get("offer", ""), request.POST.get("window", "")
    try:
        if index == "keep":
            keep_window(job_id=visitor.job.pk, offer=offer, actor=customer_actor(visitor))
            messages.success(request, "Your time stays. We go on looking for somebody.")
            return redirect(visitor.url())
        choose_window(
            job_id=visitor.job.pk,
            offer=offer,
            index=int(index) if index.isdecimal() and len(index) < 4 else -1,
            actor=customer_actor(visitor),
        )
    except DomainError as error:
        visitor.job.refresh_from_db(fields=["status", "window_start", "window_end"])
        return appointment(request, visitor, refusal=error.detail, status=409)
    messages.success(request, "Thank you. Your appointment has moved; everybody is told.")
    return redirect(visitor.url())
