"""Cancelling, until the cut-off; afterwards it is a question to the office."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.customer.access import customer_actor, customer_page
from jobs.customer.forms import CancelForm
from jobs.customer.visitor import Visitor
from jobs.errors import DomainError
from jobs.services.customer_changes import customer_cancels
from network import display


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def cancel(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask once, with a reason."""
    if not visitor.rights.may_cancel:
        return redirect(visitor.url())
    if request.method != "POST":
        return _page(request, visitor, CancelForm())
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, visitor, form, status=422)
    try:
        cancelled = customer_cancels(
            job_id=visitor.job.pk,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            actor=customer_actor(visitor),
        )
    except DomainError as error:
        form.add_error(None, error.detail)
        return _page(request, visitor, form, status=409)
    if cancelled:
        messages.success(request, "Your appointment is cancelled. Nobody comes.")
    else:
        messages.info(request, "We asked the office. Until they say so, the appointment stands.")
    return redirect(visitor.url())


def _page(
    request: HttpRequest, visitor: Visitor, form: CancelForm, status: int = 200
) -> HttpResponse:
    job = visitor.job
    present = display.window_phone(job.window_start, job.window_end, job.time_zone, visitor.now)
    context = {
        "visitor": visitor,
        "job": job,
        "brand": visitor.brand,
        "form": form,
        "present": present,
    }
    return render(request, "customer/cancel.html", context, status=status)
