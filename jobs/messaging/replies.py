"""Replies to texts: what an answer has done, or why it has done nothing."""

from __future__ import annotations

from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words, link, where
from jobs.models.message import Message

T = Message.Template

REPLIES = {
    "accepted": (
        "It’s yours: {service}, {window}. Address and phone: {link}",
        "Es suyo: {service}, {window}. Dirección y teléfono: {link}",
    ),
    "declined": (
        "You said no to {service}, {window}. Thank you for saying so.",
        "Ha dicho que no a {service}, {window}. Gracias por avisar.",
    ),
    "too_late": (
        "Too late for {service}, {window}: {why} Nothing was changed.",
        "Demasiado tarde para {service}, {window}: la oferta ya no está abierta. No ha cambiado "
        "nada.",
    ),
    "refused": (
        "This could not be done: {why} Your offers: {offers}",
        "No se ha podido hacer. Sus ofertas: {offers}",
    ),
    "unknown": (
        "No offer of yours has the code {code}. Your offers: {offers}",
        "Ninguna oferta suya tiene el código {code}. Sus ofertas: {offers}",
    ),
    "ambiguous": (
        "More than one offer of yours has this code. Please answer here: {offers}",
        "Más de una oferta suya tiene este código. Responda aquí: {offers}",
    ),
    "no_code": (
        "Please add the four digits of the offer, as in YES 4821. Your offers: {offers}",
        "Añada las cuatro cifras de la oferta, como SI 4821. Sus ofertas: {offers}",
    ),
    "no_word": (
        "Please answer YES or NO and the offer’s four digits, as in YES 4821. Your offers: "
        "{offers}",
        "Responda SI o NO y las cuatro cifras de la oferta, como SI 4821. Sus ofertas: {offers}",
    ),
}


@template(
    T.TEXT_REPLY,
    urgent=True,
    title_es="Respuesta a un SMS",
    sample={"kind": "accepted"},
    en=Text(subject="{branch}: your answer", body="{reply}", sms="{branch}: {reply}"),
    es=Text(subject="{branch}: su respuesta", body="{reply}", sms="{branch}: {reply}"),
)
def text_reply(c: Context, words: Words) -> Values:
    en, es = REPLIES[c["kind"]]
    facts = {
        "service": c.get("service", ""),
        "window": words.window(c) if c.get("window_start") else "",
        "place": where(c) if "area" in c else "",
        "code": c.get("code", ""),
        "why": c.get("why", ""),
        "offers": link("/portal/offers/"),
        "link": link(f"/portal/visits/{c['booking']}/") if c.get("booking") else "",
    }
    return {
        "name": c["name"],
        "reply": words.of(en=en, es=es).format(**facts),
        "link": facts["link"] or facts["offers"],
    }
