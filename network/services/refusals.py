"""A contractor says for which clients they do not want to work."""

from __future__ import annotations

from django.db import transaction

from network.errors import NetworkError
from network.models import Client, ClientRefusal, Contractor
from network.services.history import note_event

LONGEST_NOTE = 300


@transaction.atomic
def refuse_client(
    *, contractor_id: int, client_id: int, note: str = "", actor_id: int | None = None
) -> ClientRefusal:
    """No new offers for this client's jobs. Offers and visits that stand are not touched.

    Saying it again keeps the first row, with the newer note where there is one. Raises
    NetworkError for a client of another branch or a note that is too long.
    """
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    client = Client.objects.filter(pk=client_id, branch_id=contractor.branch_id).first()
    if client is None:
        raise NetworkError("no-such-client", "There is no such client in this branch.", "client")
    said = note.strip()
    if len(said) > LONGEST_NOTE:
        raise NetworkError("too-long", f"At most {LONGEST_NOTE} characters, please.", "note")
    refusal, is_new = ClientRefusal.objects.get_or_create(
        contractor=contractor, client=client, defaults={"note": said}
    )
    if is_new:
        note_event(
            contractor_id=contractor_id,
            action="client-refused",
            actor_id=actor_id,
            note=f"Not for {client.name} again" + (f": {said}" if said else ""),
            data={"client": client.pk},
        )
    elif said and said != refusal.note:
        refusal.note = said
        refusal.save(update_fields=["note"])
    return refusal


@transaction.atomic
def accept_client_again(*, contractor_id: int, client_id: int, actor_id: int | None = None) -> bool:
    """Take the word back; whether there was one."""
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    refusal = (
        ClientRefusal.objects.filter(contractor=contractor, client_id=client_id)
        .select_related("client")
        .first()
    )
    if refusal is None:
        return False
    note_event(
        contractor_id=contractor_id,
        action="client-accepted",
        actor_id=actor_id,
        note=f"Works for {refusal.client.name} again",
        data={"client": client_id},
    )
    refusal.delete()
    return True
