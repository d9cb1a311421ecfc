"""Visits: what contractors hear about what they have accepted."""

from __future__ import annotations

from jobs.messaging.reasons import reason_in
from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words, link, where
from jobs.models.message import Message

T = Message.Template


def _visit(c: Context, words: Words) -> Values:
    return {
        "name": c["name"],
        "reference": c["reference"],
        "service": c["service"],
        "place": where(c),
        "window": words.window(c),
        "link": link("/portal/visits/" + c["booking"] + "/") if c.get("booking") else "",
    }


@template(
    T.VISIT_BOOKED,
    urgent=True,
    title_es="Visita reservada",
    en=Text(
        subject="Booked: {service}, {window}",
        body="""Hello {name},

{reference} is yours. {technician} is planned to start {start}; any arrival within {window} keeps \
the promise.
Pay: {pay}.

Address, phone and the next step: {link}""",
        sms="{branch}: {reference} is yours, {service}, {window}. Address and phone: {link}",
    ),
    es=Text(
        subject="Reservada: {service}, {window}",
        body="""Hola, {name}:

{reference} es suyo. Está previsto que {technician} empiece el {start}; llegar dentro de {window} \
cumple lo prometido.
Pago: {pay}.

Dirección, teléfono y el paso siguiente: {link}""",
        sms="{branch}: {reference} es suyo, {service}, {window}. Dirección y teléfono: {link}",
    ),
)
def visit_booked(c: Context, words: Words) -> Values:
    return {
        **_visit(c, words),
        "technician": c["technician"],
        "start": words.moment(c["starts_at"], c["time_zone"]),
        "pay": words.money(c["pay"], c["currency"]),
    }


@template(
    T.VISIT_CANCELLED,
    urgent=True,
    title_es="Visita cancelada",
    en=Text(
        subject="Cancelled: {service}, {window}",
        body="""Hello {name},

your visit {reference} in {place} on {window} will not take place: {reason}. The time is free \
again.""",
        sms="{branch}: your visit {reference} in {place}, {window}, will not take place: {reason}.",
    ),
    es=Text(
        subject="Cancelada: {service}, {window}",
        body="""Hola, {name}:

su visita {reference} en {place}, {window}, no tendrá lugar: {reason}. El tiempo vuelve a estar \
libre.""",
        sms="{branch}: su visita {reference} en {place}, {window}, no tendrá lugar: {reason}.",
    ),
)
def visit_cancelled(c: Context, words: Words) -> Values:
    return {**_visit(c, words), "reason": reason_in(c["reason"], words)}


@template(
    T.CONFIRM_VISIT,
    urgent=True,
    title_es="Confirme su visita",
    en=Text(
        subject="Please confirm: {service}, {window}",
        body="""Hello {name},

{reference} in {place} is yours, {window}, planned to start {start}.
When will you be there? One tap: {link}
Without a word from you, we have to look for somebody else in time.""",
        sms="{branch}: when will you be there for {reference} in {place}, {window}? One tap: "
        "{link}",
    ),
    es=Text(
        subject="Confirme, por favor: {service}, {window}",
        body="""Hola, {name}:

{reference} en {place} es suyo, {window}, previsto para el {start}.
¿Cuándo llegará? Un toque: {link}
Sin noticias suyas tendremos que buscar a otra persona a tiempo.""",
        sms="{branch}: ¿cuándo llegará para {reference} en {place}, {window}? Un toque: {link}",
    ),
)
def confirm_visit(c: Context, words: Words) -> Values:
    return {**_visit(c, words), "start": words.moment(c["starts_at"], c["time_zone"])}


@template(
    T.NUDGE_VISIT,
    urgent=True,
    title_es="¿Dónde está?",
    en=Text(
        subject="Where are you? {service}, expected {expected}",
        body="""Hello {name},

you were expected for {reference} {expected}, and nothing was reported since.
Say that you are on the way or on site: {link}
If we hear nothing, we ask others to take it over.""",
        sms="{branch}: you were expected for {reference} {expected}. On the way or on site? {link}",
    ),
    es=Text(
        subject="¿Dónde está? {service}, se le esperaba {expected}",
        body="""Hola, {name}:

se le esperaba para {reference} el {expected} y no hay noticias desde entonces.
Diga que está en camino o en el lugar: {link}
Si no sabemos nada, pediremos a otros que se encarguen.""",
        sms="{branch}: se le esperaba para {reference} el {expected}. ¿En camino o en el lugar? "
        "{link}",
    ),
)
def nudge_visit(c: Context, words: Words) -> Values:
    return {**_visit(c, words), "expected": words.moment(c["expected"], c["time_zone"])}


@template(
    T.RESCUE_BEGAN,
    urgent=True,
    title_es="Preguntamos a otros",
    en=Text(
        subject="We are asking others: {service}, {window}",
        body="""Hello {name},

nothing was heard from you about {reference}, so others are being asked.
Are you on the way or on site? Say so now and it is yours again, as long as nobody has taken it: \
{link}""",
    ),
    es=Text(
        subject="Preguntamos a otros: {service}, {window}",
        body="""Hola, {name}:

no hemos sabido nada de usted sobre {reference}, así que preguntamos a otros.
¿Está en camino o en el lugar? Dígalo ahora y vuelve a ser suyo, mientras nadie lo haya aceptado: \
{link}""",
    ),
)
def rescue_began(c: Context, words: Words) -> Values:
    return _visit(c, words)


@template(
    T.RESCUE_UNDONE,
    urgent=True,
    title_es="Vuelve a ser suya",
    en=Text(
        subject="Yours again: {service}, {window}",
        body="""Hello {name},

thank you for reporting in: {reference} is yours, and nobody else is asked any more. {link}""",
    ),
    es=Text(
        subject="Vuelve a ser suya: {service}, {window}",
        body="""Hola, {name}:

gracias por avisar: {reference} es suyo y ya no se pregunta a nadie más. {link}""",
    ),
)
def rescue_undone(c: Context, words: Words) -> Values:
    return _visit(c, words)


@template(
    T.SUBSTITUTE_STAYS,
    urgent=True,
    title_es="Sigue siendo suya",
    en=Text(
        subject="Still yours: {service}, {window}",
        body="""Hello {name},

the contractor who had {reference} before you has reported in late and was told that the visit is \
yours. Please go as planned; the branch knows.""",
    ),
    es=Text(
        subject="Sigue siendo suya: {service}, {window}",
        body="""Hola, {name}:

el contratista que tenía {reference} antes que usted se ha presentado tarde y sabe que la visita \
es suya. Vaya como estaba previsto; la sucursal está al tanto.""",
    ),
)
def substitute_stays(c: Context, words: Words) -> Values:
    return _visit(c, words)
