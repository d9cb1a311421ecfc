"""Hands out papers. Whoever calls this has asked whether the user may see the document."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404

from network.models import Document


def document_response(document: Document) -> FileResponse:
    """The paper's file, as an attachment. Raises Http404 when it is no longer there."""
    return file_response(document.file_name, document.original_name, document.content_type)


def file_response(file_name: str, original_name: str, content_type: str) -> FileResponse:
    """A stored file as an attachment, which a browser saves and never shows as a page of ours.

    Raises Http404 when the file is no longer there.
    """
    try:
        file = default_storage.open(file_name)
    except FileNotFoundError as error:
        raise Http404("The file is no longer there.") from error
    response = FileResponse(
        file,
        as_attachment=True,
        filename=original_name,
        content_type=content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
