"""Appointments: what customers hear."""

from __future__ import annotations

from jobs.messaging.reasons import reason_in
from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words
from jobs.models.message import Message

T = Message.Template


def _appointment(c: Context, words: Words) -> Values:
    page = c.get("customer_url", "")
    return {
        "name": c["name"],
        "reference": c["reference"],
        "service": c["service"],
        "window": words.window(c),
        "link": page,
        "your_page": words.of(
            en=f"Your page, where it can be moved or cancelled: {page}",
            es=f"Su página, donde puede cambiarla o cancelarla: {page}",
        )
        if page
        else "",
    }


@template(
    T.APPOINTMENT_BOOKED,
    title_es="Cita reservada",
    en=Text(
        subject="Your appointment: {service}, {window}",
        body="""Hello {name},

{contractor} will come for {service} ({reference}).
Please expect the visit {window}.

{your_page}""",
        sms="{branch}: {contractor} will come for {service} {window}. {link}",
    ),
    es=Text(
        subject="Su cita: {service}, {window}",
        body="""Hola, {name}:

{contractor} vendrá para {service} ({reference}).
Espere la visita {window}.

{your_page}""",
        sms="{branch}: {contractor} vendrá para {service}, {window}. {link}",
    ),
)
def appointment_booked(c: Context, words: Words) -> Values:
    return {**_appointment(c, words), "contractor": c["contractor"]}


@template(
    T.APPOINTMENT_CHANGED,
    urgent=True,
    title_es="Hora prevista",
    en=Text(
        subject="Your appointment: expected {eta}",
        body="""Hello {name},

{contractor} expects to be with you {eta} for {service} ({reference}). Your window, {window}, \
stands.

{your_page}""",
        sms="{branch}: {contractor} expects to be with you {eta} for {service}. {link}",
    ),
    es=Text(
        subject="Su cita: prevista {eta}",
        body="""Hola, {name}:

{contractor} espera llegar {eta} para {service} ({reference}). Su horario, {window}, se mantiene.

{your_page}""",
        sms="{branch}: {contractor} espera llegar {eta} para {service}. {link}",
    ),
)
def appointment_changed(c: Context, words: Words) -> Values:
    return {
        **_appointment(c, words),
        "contractor": c["contractor"],
        "eta": words.moment(c["eta"], c["time_zone"]),
    }


@template(
    T.APPOINTMENT_CANCELLED,
    urgent=True,
    title_es="Cita cancelada",
    en=Text(
        subject="Cancelled: {service}, {window}",
        body="""Hello {name},

your appointment {reference} for {service} on {window} is cancelled: {reason}.""",
        sms="{branch}: your appointment {reference} for {service}, {window}, is cancelled: "
        "{reason}.",
    ),
    es=Text(
        subject="Cancelada: {service}, {window}",
        body="""Hola, {name}:

su cita {reference} para {service}, {window}, está cancelada: {reason}.""",
        sms="{branch}: su cita {reference} para {service}, {window}, está cancelada: {reason}.",
    ),
)
def appointment_cancelled(c: Context, words: Words) -> Values:
    return {**_appointment(c, words), "reason": reason_in(c["reason"], words)}
