"""What the customer adds for whoever comes: words and pictures, bounded in number and size."""

from __future__ import annotations

from typing import Any

from django.core.files.base import File

from jobs.actors import Actor
from jobs.errors import InvalidInput
from jobs.models import Booking, CustomerNote
from jobs.services.journal import Journal
from jobs.services.locked import database_now, lock_job
from jobs.services.transactions import service
from network.errors import NetworkError
from network.uploads import CheckedFile, check_upload, keep_file

MOST_NOTES = 20
MOST_PHOTOS = 8
LONGEST_TEXT = 1000
_NO_PICTURE = "Send a picture as JPEG, PNG or WebP."


def add_note(*, job_id: int, text: str, actor: Actor) -> CustomerNote:
    """Keep a note for whoever comes. The same text again adds nothing.

    Raises InvalidInput (empty, too long, too many), JobIsFinal.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        raise InvalidInput({"text": "Write what we should know, such as which door to use."})
    if len(text) > LONGEST_TEXT:
        raise InvalidInput({"text": f"Please keep it under {LONGEST_TEXT:,} characters."})
    return _add(job_id=job_id, text=text, checked=None, actor=actor)


def add_photo(*, job_id: int, file: File[Any], actor: Actor) -> CustomerNote:
    """Keep a picture, drawn anew: without the place and time that a phone writes into it.

    Raises InvalidInput (not a picture, too large, too many), JobIsFinal.
    """
    try:
        checked = check_upload(file)
    except NetworkError as error:
        raise InvalidInput({"file": str(error)}) from error
    if not checked.content_type.startswith("image/"):
        raise InvalidInput({"file": _NO_PICTURE})
    return _add(job_id=job_id, text="", checked=checked, actor=actor)


@service
def _add(*, job_id: int, text: str, checked: CheckedFile | None, actor: Actor) -> CustomerNote:
    job = lock_job(job_id)
    job.require_open()
    notes = list(CustomerNote.objects.filter(job_id=job_id))
    if checked is None:
        if same := next((note for note in notes if note.text == text), None):
            return same
        if sum(not note.is_photo for note in notes) >= MOST_NOTES:
            raise InvalidInput({"text": "That is all we can keep here; please call the office."})
    elif sum(note.is_photo for note in notes) >= MOST_PHOTOS:
        raise InvalidInput({"file": f"{MOST_PHOTOS} pictures are the most we can keep."})
    journal = Journal(at=database_now())
    note = CustomerNote.objects.create(
        job_id=job_id,
        text=text,
        file_name=keep_file(checked) if checked is not None else "",
        original_name=checked.name if checked is not None else "",
        content_type=checked.content_type if checked is not None else "",
        created_at=journal.at,
    )
    journal.event(job, "photo_added" if checked is not None else "note_added", actor)
    booked = Booking.objects.filter(job_id=job_id, live=True).values_list("contractor_id").first()
    if booked is not None:
        journal.contractor_changed(booked[0])
    journal.flush()
    return note
