"""Why something was called off or is over, in the languages of messages. Pure.

Contexts freeze the English words of the states' labels; here they find those of other languages.
Words that are not here, because somebody typed them, stay as they are.
"""

from __future__ import annotations

from jobs.messaging.words import Words, lower_first

_ES = {
    # a job is cancelled
    "no longer needed": "ya no se necesita",
    "booked by mistake": "se reservó por error",
    "found somebody else": "se encontró a otra persona",
    "the price": "el precio",
    "a duplicate": "estaba repetida",
    "no contractor could be found": "no se ha encontrado a nadie",
    "something else": "otro motivo",
    # a visit goes to somebody else
    "sick": "enfermedad",
    "another visit overran": "otra visita se alargó",
    "vehicle trouble": "problemas con el vehículo",
    "double booked": "doble reserva",
    "the contractor is no longer active": "el contratista ya no está activo",
    "the contractor is no longer cleared": "el contratista ya no está autorizado",
    "the technician is no longer there": "quien iba a ir ya no está",
    "the technician no longer has a skill that the work needs": "falta una habilidad que el "
    "trabajo necesita",
    "the visit was not confirmed in time": "la visita no se confirmó a tiempo",
    "nobody came, and nobody was heard from": "nadie vino y no hubo noticias",
    "given to another contractor by the dispatcher": "la oficina se la dio a otro contratista",
    "the branch gave it to another contractor": "la sucursal se la dio a otro contratista",
    "the customer's appointment moved to a time that does not fit": "la cita del cliente pasó a "
    "una hora que no encaja",
    "the customer moved to a time at which you are not free": "el cliente cambió a una hora en la "
    "que usted no está libre",
    "the customer's appointment moved to another time": "la cita del cliente pasó a otra hora",
    # a standby is over
    "the contractor who has the job is on site": "el contratista que tiene el trabajo está en el "
    "lugar",
    "the job was cancelled": "el trabajo se ha cancelado",
    "the visit is being arranged anew by the branch": "la sucursal está organizando la visita de "
    "nuevo",
    "you may not take this work at the moment": "en este momento no puede aceptar este trabajo",
}

#: Said to somebody who may work alone, and is then no technician of anybody.
_EN = {
    "the technician is no longer there": "whoever was to come is no longer there",
    "the technician no longer has a skill that the work needs": "a skill that the work needs is "
    "missing",
}


def reason_in(text: str, words: Words) -> str:
    """The reason as the end of a sentence, in the language of ``words``."""
    plain = lower_first(text)
    return words.of(en=_EN.get(plain, plain), es=_ES.get(plain, plain))
