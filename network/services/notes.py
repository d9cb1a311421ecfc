"""Staff's own notes about a contractor."""

from __future__ import annotations

from django.db import transaction

from network.errors import NetworkError
from network.models import Contractor, ContractorNote

LONGEST_NOTE = 4000


@transaction.atomic
def add_note(*, contractor_id: int, text: str, author_id: int) -> ContractorNote:
    """Write a note that stays as it is. Raises NetworkError (field ``text``) for none or too much.

    Raises Contractor.DoesNotExist.
    """
    text = text.replace("\0", "").strip()
    if not text:
        raise NetworkError("no-text", "Write the note first.", "text")
    if len(text) > LONGEST_NOTE:
        raise NetworkError(
            "too-long", f"A note can have {LONGEST_NOTE:,} characters; write two.", "text"
        )
    contractor = Contractor.objects.get(pk=contractor_id)
    return ContractorNote.objects.create(contractor=contractor, text=text, author_id=author_id)
