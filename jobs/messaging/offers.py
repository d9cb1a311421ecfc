"""Offers and standbys. They carry no street, name or phone: those appear after accepting."""

from __future__ import annotations

from jobs.messaging.reasons import reason_in
from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words, link, where
from jobs.models.message import Message

T = Message.Template


def _work(c: Context, words: Words) -> Values:
    return {
        "name": c["name"],
        "service": c["service"],
        "place": where(c),
        "window": words.window(c),
    }


@template(
    T.OFFER_MADE,
    urgent=True,
    title="New offer",
    title_es="Nueva oferta",
    en=Text(
        subject="{service} in {place}: {pay}, answer before {answer_by}",
        body="""Hello {name},

you get the call for this job: {service} ({priority}).
Arrive: {window}, about {duration} of work.
Where: {place}, about {travel} of driving.
Pay: {pay}.
{first_to_accept}

Answer before {answer_by}: {link}
{how_to_answer}
The address and phone number appear when you accept. An honest no counts far \
less than no answer.""",
        sms="{branch}: {service} in {place}, {window}, {pay}. {first_to_accept} Answer before "
        "{answer_by}. {how_to_answer} {link}",
    ),
    es=Text(
        subject="{service} en {place}: {pay}, responda antes del {answer_by}",
        body="""Hola, {name}:

le llamamos a usted para este trabajo: {service} ({priority}).
Llegada: {window}, unos {duration} de trabajo.
Lugar: {place}, unos {travel} de camino.
Pago: {pay}.
{first_to_accept}

Responda antes del {answer_by}: {link}
{how_to_answer}
La dirección y el teléfono aparecen cuando acepta. Un no sincero cuenta mucho menos que el \
silencio.""",
        sms="{branch}: {service} en {place}, {window}, {pay}. {first_to_accept} Responda antes del "
        "{answer_by}. {how_to_answer} {link}",
    ),
)
def offer_made(c: Context, words: Words) -> Values:
    code, secret = c.get("code", ""), c.get("secret", "")
    path = f"/portal/o/{secret}/" if secret else f"/portal/offers/{c['offer']}/"
    shared = bool(c.get("first_to_accept"))  # contexts frozen earlier do not say
    return {
        **_work(c, words),
        "priority": words.of(
            en=c["priority"], es=_PRIORITIES.get(c["priority"], str(c["priority"]))
        ),
        "duration": words.duration(c["duration_minutes"]),
        "travel": words.duration(c["travel_minutes"]),
        "pay": words.money(c["pay"], c["currency"]),
        "answer_by": words.moment(c["expires_at"], c["time_zone"]),
        "first_to_accept": words.of(
            en="First to accept: others are asked at the same time.",
            es="Para quien acepte primero: se pregunta a otros a la vez.",
        )
        if shared
        else "",
        "code": code,
        "how_to_answer": words.of(
            en=f"Your code for this offer is {code}: by text, answer YES {code} or NO {code}.",
            es=f"Su código para esta oferta es {code}: por SMS, responda SI {code} o NO {code}.",
        )
        if code
        else "",
        "link": link(path),
    }


_PRIORITIES = {
    "emergency": "emergencia",
    "urgent": "urgente",
    "standard": "normal",
    "low": "sin prisa",
}
_NOT_THERE = (
    "Whoever would have come cannot do it.",
    "Quien habría ido no puede hacerlo.",
)
TAKEN_BACK = {
    "cancelled": ("The job was cancelled.", "El trabajo se ha cancelado."),
    "moved": ("The customer moved to another time.", "El cliente cambió de hora."),
    "not_agreed": (
        "The branch did not take the price or time that you asked for.",
        "La sucursal no ha aceptado el precio o la hora que pidió.",
    ),
    "not_active": ("You take no jobs at present.", "En este momento no acepta trabajos."),
    "not_cleared": (
        "You are not cleared through the end of the visit.",
        "No está autorizado hasta el final de la visita.",
    ),
    "technician_gone": _NOT_THERE,
    "skill_missing": _NOT_THERE,
    "sick": _NOT_THERE,
    "taken": ("Somebody else was first to accept.", "Otra persona aceptó primero."),
    "first_is_back": (
        "The contractor who had the visit has reported in after all.",
        "El contratista que tenía la visita se ha presentado después de todo.",
    ),
}


@template(
    T.OFFER_WITHDRAWN,
    urgent=True,
    title_es="Oferta retirada",
    en=Text(
        subject="Withdrawn: {service} in {place}",
        body="""Hello {name},

the offer of {service} on {window} is no longer open. {why} It does not count against you.""",
        sms="{branch}: the offer of {service} on {window} is no longer open. {why} It does not "
        "count against you.",
    ),
    es=Text(
        subject="Retirada: {service} en {place}",
        body="""Hola, {name}:

la oferta de {service}, {window}, ya no está abierta. {why} No cuenta en su contra.""",
        sms="{branch}: la oferta de {service}, {window}, ya no está abierta. {why} No cuenta en "
        "su contra.",
    ),
)
def offer_withdrawn(c: Context, words: Words) -> Values:
    en, es = TAKEN_BACK.get(c.get("reason", ""), ("Nobody's fault.", "No es culpa de nadie."))
    return {**_work(c, words), "why": words.of(en=en, es=es)}


@template(
    T.STANDBY_ASKED,
    urgent=True,
    title_es="¿Suplente?",
    en=Text(
        subject="Standby for {service} in {place}: {fee}",
        body="""Hello {name},

will you stand by for this job: {service}, {window}, {place}?
Somebody else has it. You keep the time free until they are on site, for {fee}; if they do not \
come, the job is yours for {pay}.

Answer before {answer_by}: {link}""",
        sms="{branch}: will you stand by for {service} in {place}, {window}, for {fee}? Answer "
        "before {answer_by}: {link}",
    ),
    es=Text(
        subject="Suplente para {service} en {place}: {fee}",
        body="""Hola, {name}:

¿quiere ser suplente para este trabajo: {service}, {window}, {place}?
Lo tiene otra persona. Usted mantiene libre ese tiempo hasta que llegue, por {fee}; si no viene, \
el trabajo es suyo por {pay}.

Responda antes del {answer_by}: {link}""",
        sms="{branch}: ¿suplente para {service} en {place}, {window}, por {fee}? Responda antes "
        "del {answer_by}: {link}",
    ),
)
def standby_asked(c: Context, words: Words) -> Values:
    return {
        **_work(c, words),
        "fee": words.money(c["fee"], c["currency"]),
        "pay": words.money(c["pay"], c["currency"]),
        "answer_by": words.moment(c["expires_at"], c["time_zone"]),
        "link": link("/portal/standby/" + c["standby"] + "/"),
    }


@template(
    T.STANDBY_ENDED,
    urgent=True,
    title_es="Suplencia terminada",
    en=Text(
        subject="Standby over: {service}, {window}",
        body="""Hello {name},

your standby for {service} in {place} on {window} is over: {why}. The time is yours again.""",
    ),
    es=Text(
        subject="Suplencia terminada: {service}, {window}",
        body="""Hola, {name}:

su suplencia para {service} en {place}, {window}, ha terminado: {why}. El tiempo vuelve a ser \
suyo.""",
    ),
)
def standby_ended(c: Context, words: Words) -> Values:
    return {**_work(c, words), "why": reason_in(c["why"], words)}
