"""Words and pictures for whoever comes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from jobs.customer.access import customer_actor, customer_page
from jobs.customer.forms import NoteForm
from jobs.customer.visitor import Visitor
from jobs.errors import DomainError, InvalidInput
from jobs.models import CustomerNote
from jobs.services.customer_notes import add_note, add_photo
from jobs.states import OPEN
from network.downloads import file_response
from network.errors import NetworkError
from network.uploads import bounded_uploads, refuse_oversized


@bounded_uploads
@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def add(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Add a note, a picture, or both."""
    if visitor.job.status not in OPEN:
        return redirect(visitor.url())
    if request.method != "POST":
        return _page(request, visitor, NoteForm())
    form = NoteForm(request.POST, request.FILES)
    try:
        refuse_oversized(request)
        if form.is_valid():
            _keep(visitor, form)
            messages.success(request, "Thank you. Whoever comes will see it.")
            return redirect(visitor.url())
    except NetworkError as error:
        form.errors.clear()
        form.add_error("file", str(error))
    except InvalidInput as error:
        for name, text in error.errors.items():
            form.add_error(name if name in form.fields else None, text)
    except DomainError as error:
        form.add_error(None, error.detail)
    return _page(request, visitor, form, status=422)


def _keep(visitor: Visitor, form: NoteForm) -> None:
    """The picture first: it may be refused, and then nothing is kept twice."""
    actor = customer_actor(visitor)
    if form.cleaned_data["file"]:
        add_photo(job_id=visitor.job.pk, file=form.cleaned_data["file"], actor=actor)
    if form.cleaned_data["text"]:
        add_note(job_id=visitor.job.pk, text=form.cleaned_data["text"], actor=actor)


def _page(
    request: HttpRequest, visitor: Visitor, form: NoteForm, status: int = 200
) -> HttpResponse:
    context = {"visitor": visitor, "job": visitor.job, "brand": visitor.brand, "form": form}
    return render(request, "customer/notes.html", context, status=status)


@require_safe
@customer_page
def photo(request: HttpRequest, visitor: Visitor, photo: UUID) -> HttpResponseBase:
    """One of the customer's own pictures, as an attachment."""
    found = CustomerNote.objects.filter(job=visitor.job, public_id=photo).first()
    if found is None or not found.is_photo:
        raise Http404("There is no such picture.")
    return file_response(found.file_name, found.original_name, found.content_type)
