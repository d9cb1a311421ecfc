"""Own papers, handed out as attachments."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from network.downloads import document_response
from network.models import Document
from portal.access import Acting, contractor_page


@require_safe
@contractor_page
def document(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """The file as it was kept. Another firm's is not found; a person's login gets its own only."""
    mine = Document.objects.filter(contractor=acting.contractor, public_id=public_id)
    if acting.technician_id is not None:
        mine = mine.filter(technician=acting.technician_id)
    found = mine.first()
    if found is None:
        raise Http404("There is no such paper.")
    answer: HttpResponse = document_response(found)  # type: ignore[assignment]
    return answer
