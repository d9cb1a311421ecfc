"""Changes: moved appointments, other times offered, and a request that came too late."""

from __future__ import annotations

from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words, link
from jobs.models.message import Message

T = Message.Template

_WAS = {"was_start": "2026-11-23T13:00:00+00:00", "was_end": "2026-11-23T17:00:00+00:00"}


def _change(c: Context, words: Words) -> Values:
    page = c.get("customer_url", "")
    return {
        "name": c["name"],
        "reference": c["reference"],
        "service": c["service"],
        "window": words.window(c),
        "link": page,
        "your_page": words.of(en=f"Your page: {page}", es=f"Su página: {page}") if page else "",
    }


@template(
    T.APPOINTMENT_MOVED,
    urgent=True,
    title_es="Cita cambiada",
    en=Text(
        subject="Your appointment moved: {service}, {window}",
        body="""Hello {name},

your appointment {reference} for {service} is now {window}. {who}

{your_page}""",
        sms="{branch}: your appointment for {service} is now {window}. {link}",
    ),
    es=Text(
        subject="Su cita ha cambiado: {service}, {window}",
        body="""Hola, {name}:

su cita {reference} para {service} es ahora {window}. {who}

{your_page}""",
        sms="{branch}: su cita para {service} es ahora {window}. {link}",
    ),
)
def appointment_moved(c: Context, words: Words) -> Values:
    contractor = c.get("contractor", "")
    who = words.of(en=f"{contractor} comes then.", es=f"Vendrá {contractor}.")
    nobody_yet = words.of(en="We tell you who comes.", es="Le diremos quién viene.")
    return {**_change(c, words), "who": who if contractor else nobody_yet}


@template(
    T.VISIT_MOVED,
    urgent=True,
    title_es="Visita cambiada",
    sample=_WAS,
    en=Text(
        subject="Moved: {service}, now {window}",
        body="""Hello {name},

your visit {reference} is no longer {was} but {window}. It is still yours and stands in your \
calendar, planned to start {start}.
If that does not suit you: {link}""",
        sms="{branch}: {reference} moved to {window} and is still yours. {link}",
    ),
    es=Text(
        subject="Cambiada: {service}, ahora {window}",
        body="""Hola, {name}:

su visita {reference} ya no es {was}, sino {window}. Sigue siendo suya y está en su calendario, \
con inicio previsto el {start}.
Si no le conviene: {link}""",
        sms="{branch}: {reference} pasa a {window} y sigue siendo suya. {link}",
    ),
)
def visit_moved(c: Context, words: Words) -> Values:
    was = {**c, "window_start": c["was_start"], "window_end": c["was_end"]}
    return {
        **_change(c, words),
        "link": link("/portal/visits/" + c["booking"] + "/"),
        "was": words.window(was),
        "start": words.moment(c["starts_at"], c["time_zone"]),
    }


@template(
    T.OTHER_WINDOWS,
    urgent=True,
    title_es="Otros horarios",
    sample={"windows": [["2026-11-25T13:00:00+00:00", "2026-11-25T17:00:00+00:00"]]},
    en=Text(
        subject="Other times for your appointment: {service}",
        body="""Hello {name},

we are still looking for somebody for {reference}, {window}. If you would rather have another \
time, these can be kept:
{windows}

{choose}""",
        sms="{branch}: we are still looking for somebody for {window}. Other times: {link}",
    ),
    es=Text(
        subject="Otros horarios para su cita: {service}",
        body="""Hola, {name}:

todavía buscamos a alguien para {reference}, {window}. Si prefiere otro horario, podemos cumplir \
estos:
{windows}

{choose}""",
        sms="{branch}: todavía buscamos a alguien para {window}. Otros horarios: {link}",
    ),
)
def other_windows(c: Context, words: Words) -> Values:
    page = c.get("customer_url", "")
    listed = [
        "- " + words.window({**c, "window_start": start, "window_end": end})
        for start, end in c["windows"]
    ]
    choose = words.of(
        en=f"Choose one, or keep yours: {page}", es=f"Elija uno o conserve el suyo: {page}"
    )
    call = words.of(en="Please call us to choose one.", es="Llámenos para elegir uno.")
    return {**_change(c, words), "windows": "\n".join(listed), "choose": choose if page else call}


@template(
    T.CHANGE_DECLINED,
    urgent=True,
    title_es="Cambio no posible",
    sample={"asked": "move"},
    en=Text(
        subject="Your appointment stays: {service}, {window}",
        body="""Hello {name},

you asked us to {asked} your appointment {reference}. So shortly before, that was not possible \
any more: it stays {window}.

{your_page}""",
        sms="{branch}: so shortly before we could not {asked} {reference}: it stays {window}. "
        "{link}",
    ),
    es=Text(
        subject="Su cita se mantiene: {service}, {window}",
        body="""Hola, {name}:

nos pidió {asked} su cita {reference}. Con tan poca antelación ya no era posible: se mantiene \
{window}.

{your_page}""",
        sms="{branch}: con tan poca antelación no pudimos {asked} {reference}: {window}. {link}",
    ),
)
def change_declined(c: Context, words: Words) -> Values:
    asked = {
        "move": words.of(en="move", es="cambiar"),
        "cancel": words.of(en="cancel", es="anular"),
    }
    return {**_change(c, words), "asked": asked[c["asked"]]}
