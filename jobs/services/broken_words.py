"""Tells staff, once a text and change, that words of theirs could not be used."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from jobs.messaging import of
from jobs.messaging.overrides import problems
from jobs.models import Message, MessageText
from jobs.services.locked import database_now
from jobs.services.outgoing import Outgoing, write_outgoing
from network.models import BranchStaff

#: A text that passes every check can still be blank in one message, when all it names is empty.
SAID_NOTHING = "Filled in for one of its messages, it said nothing."


@transaction.atomic
def report_broken(texts: Iterable[MessageText], *, branch_ids: Iterable[int]) -> int:
    """Note since when they are broken, and write to the branches' admins; returns how many mails
    are new."""
    broken = {text.pk: text for text in texts}
    if not broken:
        return 0
    at = database_now()
    MessageText.objects.filter(pk__in=broken, broken_since=None).update(broken_since=at)
    staff = list(
        BranchStaff.objects.filter(branch__in=set(branch_ids)).select_related("user", "branch")
    )
    admins = {row.branch_id for row in staff if row.role == "admin"}
    outgoing = []
    for text in broken.values():
        for row in staff:
            if text.branch_id not in (None, row.branch_id):
                continue
            if row.role != "admin" and row.branch_id in admins:
                continue  # dispatchers are told where there is no admin
            outgoing.append(
                Outgoing(
                    branch_id=row.branch_id,
                    recipient_kind=Message.Recipient.STAFF,
                    template=Message.Template.WORDS_BROKEN,
                    email=row.user.email,
                    cause=f"words:{text.pk}:{text.changed_at.isoformat()}:{row.branch_id}"[:120],
                    context={
                        "name": row.user.get_short_name(),
                        "branch": row.branch.name,
                        "title": of(text.template).title,
                        "what": "; ".join(problems(text).values()) or SAID_NOTHING,
                        "text": text.pk,
                    },
                )
            )
    return write_outgoing(outgoing, at=at)
