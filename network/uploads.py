"""Files from outside: how large, of what kind, and nothing in them that was not asked for.

The kind is told from the content, never from the name or the browser's word. Pictures are drawn
anew, which drops EXIF (where it was taken, by which phone) and whatever hides behind the picture;
PDFs must open, without a password and without anything that runs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

import pypdf
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from PIL import Image, ImageOps
from pypdf.generic import DictionaryObject, IndirectObject

from network.errors import NetworkError

LARGEST_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 50_000_000
MOST_PAGES = 200
FORM_ALLOWANCE_BYTES = 256 * 1024
"""How much larger than its file a whole form may be."""

_TOO_LARGE = f"The file is larger than {LARGEST_BYTES // 1024 // 1024} MB. Send a smaller one."
_UNKNOWN = "Send a PDF, or a picture as JPEG, PNG or WebP."
_IMAGE_MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_RUNS = ("/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/RichMedia", "/AA")


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept. ``name`` is the sender's, cleaned, with the true extension."""

    content: bytes
    content_type: str
    name: str
    sha256: str


def check_upload(file: File[Any]) -> CheckedFile:
    """Read, recognise and clean a file; reads no further than ``LARGEST_BYTES``.

    Raises NetworkError (field ``file``) for one that is empty, too large, of another kind, broken,
    locked by a password, or with something in it that runs.
    """
    content = _read(file)
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        kind, extension = "application/pdf", "pdf"
    else:
        format_name = next(
            (name for magic, name in _IMAGE_MAGIC.items() if content.startswith(magic)), None
        )
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            format_name = "WEBP"
        if format_name is None:
            raise NetworkError("unknown-kind", f"This is not such a file. {_UNKNOWN}", "file")
        content, kind, extension = _redraw(content, format_name)
    return CheckedFile(
        content, kind, _clean_name(file.name or "", extension), hashlib.sha256(content).hexdigest()
    )


def keep_file(checked: CheckedFile) -> str:
    """Store the file under a random name, which is returned."""
    extension = PurePosixPath(checked.name).suffix
    name = uuid4().hex
    return default_storage.save(
        f"documents/{name[:2]}/{name}{extension}", ContentFile(checked.content)
    )


class BoundedUploadHandler(FileUploadHandler):
    """Stops reading a request once a file in it passes ``LARGEST_BYTES``.

    ``request.upload_too_large`` says so to the view; fields before the file are kept.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0
        if (self.content_length or 0) > LARGEST_BYTES:
            self._stop()

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.request_length = content_length

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if (
            self.received > LARGEST_BYTES
            or self.request_length > LARGEST_BYTES + FORM_ALLOWANCE_BYTES
        ):
            self._stop()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _stop(self) -> None:
        assert self.request is not None
        self.request.upload_too_large = True  # type: ignore[attr-defined]
        raise StopUpload(connection_reset=True)


def bounded_uploads(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views that take files: a huge one is dropped while it arrives, not after.

    Put the CSRF token before the file field, so that it has arrived by then; in the view ask
    ``refuse_oversized(request)`` first.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload_handlers.insert(0, BoundedUploadHandler(request))
        return protected(request, *args, **kwargs)

    return wrapped


def refuse_oversized(request: HttpRequest) -> None:
    """Raise NetworkError (field ``file``) when the request's file was dropped as too large."""
    assert request.FILES is not None  # parses the request
    if getattr(request, "upload_too_large", False):
        raise NetworkError("too-large", _TOO_LARGE, "file")


def _read(file: File[Any]) -> bytes:
    if (file.size or 0) > LARGEST_BYTES:
        raise NetworkError("too-large", _TOO_LARGE, "file")
    parts: list[bytes] = []
    received = 0
    for chunk in file.chunks():
        received += len(chunk)
        if received > LARGEST_BYTES:
            raise NetworkError("too-large", _TOO_LARGE, "file")
        parts.append(chunk)
    if not received:
        raise NetworkError("empty", "The file is empty.", "file")
    return b"".join(parts)


def _redraw(content: bytes, format_name: str) -> tuple[bytes, str, str]:
    broken = NetworkError("broken", "The picture cannot be opened. Take or save it anew.", "file")
    try:
        with Image.open(BytesIO(content), formats=[format_name]) as opened:
            width, height = opened.size
            if width * height > LARGEST_PIXELS:
                raise NetworkError(
                    "too-many-pixels",
                    f"The picture has {width} × {height} pixels; "
                    f"{LARGEST_PIXELS // 1_000_000} million are the most.",
                    "file",
                )
            upright = ImageOps.exif_transpose(opened)
            has_alpha = "A" in upright.getbands() or "transparency" in upright.info
            mode = "RGBA" if has_alpha and format_name != "JPEG" else "RGB"
            pixels = upright.convert(mode)
    except NetworkError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise broken from error
    # A fresh picture has the pixels and none of the metadata.
    clean = Image.new(mode, pixels.size)
    clean.paste(pixels)
    out = BytesIO()
    if mode == "RGBA" or format_name == "PNG":
        clean.save(out, "PNG", optimize=False)
        return out.getvalue(), "image/png", "png"
    clean.save(out, "JPEG", quality=88)
    return out.getvalue(), "image/jpeg", "jpg"


def _check_pdf(content: bytes) -> None:
    try:
        reader = pypdf.PdfReader(BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise NetworkError(
                "locked", "The PDF asks for a password. Save it without one.", "file"
            )
        pages = len(reader.pages)
        if not 1 <= pages <= MOST_PAGES:
            raise NetworkError(
                "too-many-pages", f"The PDF has {pages} pages; 1 to {MOST_PAGES} may be.", "file"
            )
        root = reader.trailer["/Root"].get_object()
        runs = _runs(root) or any(_runs(page) for page in reader.pages)
    except NetworkError:
        raise
    except Exception as error:
        # The reader raises many kinds for broken files; all mean the same to the sender.
        raise NetworkError(
            "broken", "The PDF cannot be opened. Save or scan it anew.", "file"
        ) from error
    if runs:
        raise NetworkError(
            "runs",
            "The PDF has a program or another file in it. Print it to a new PDF and send that.",
            "file",
        )


def _runs(start: Any, depth: int = 4) -> bool:
    """Whether something that runs is named in the catalogue or a page, a few levels down."""
    if isinstance(start, IndirectObject):
        start = start.get_object()
    if isinstance(start, DictionaryObject):
        if any(name in start for name in _RUNS):
            return True
        if start.get("/S") in ("/JavaScript", "/Launch"):
            return True
        return depth > 0 and any(
            _runs(value, depth - 1)
            for key, value in start.items()
            if key not in ("/Parent", "/Pages", "/P", "/Contents", "/Resources")
        )
    if isinstance(start, list):
        return depth > 0 and any(_runs(value, depth - 1) for value in start[:200])
    return False


def _clean_name(name: str, extension: str) -> str:
    stem = PurePosixPath(name.replace("\\", "/")).stem
    stem = re.sub(r"[^\w .()-]+", "_", stem).strip(" .") or "document"
    return f"{stem[:100]}.{extension}"
