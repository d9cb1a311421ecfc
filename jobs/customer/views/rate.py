"""Rating the visit afterwards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.customer.access import customer_actor, customer_page
from jobs.customer.forms import RateForm
from jobs.customer.views.page import appointment
from jobs.customer.visitor import Visitor
from jobs.errors import DomainError
from jobs.services.ratings import rate_visit


@require_POST
@customer_page
def rate(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """One to five stars and a word; it can be changed for a day."""
    form = RateForm(request.POST)
    if not form.is_valid():
        return appointment(request, visitor, rate_form=form, status=422)
    try:
        rate_visit(
            job_id=visitor.job.pk,
            stars=form.cleaned_data["stars"],
            words=form.cleaned_data["words"],
            actor=customer_actor(visitor),
        )
    except DomainError as error:
        return appointment(request, visitor, refusal=error.detail, status=409)
    messages.success(request, "Thank you for telling us.")
    return redirect(visitor.url())
