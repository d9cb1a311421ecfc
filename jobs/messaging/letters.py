"""From the branch to contractors and applicants: decisions, papers, standing, free words."""

from __future__ import annotations

from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words, link
from jobs.models.message import Message

T = Message.Template
_PAPER = {"paper": "Insurance", "day": "2027-05-04", "note": "", "path": "/portal/you/documents/"}


@template(
    T.INVITATION,
    title_es="Invitación",
    sample={"inviter": "Nora", "until": "2026-12-08"},
    en=Text(
        subject="{branch} invites you to work with them",
        body="""{greeting}

{inviter} invites you to take jobs for {branch}: you say what you do, where, when and for how \
much, and you are called first for what suits you.

Register here, by {until}: {link}
It takes about ten minutes and can be left and resumed. If you do not want to, there is nothing \
to do.""",
    ),
    es=Text(
        subject="{branch} le invita a trabajar con ellos",
        body="""{greeting}

{inviter} le invita a aceptar trabajos para {branch}: usted dice qué hace, dónde, cuándo y por \
cuánto, y se le llama primero para lo que le conviene.

Regístrese aquí antes del {until}: {link}
Lleva unos diez minutos y puede dejarlo y seguir después. Si no quiere, no tiene que hacer nada.""",
    ),
)
def invitation(c: Context, words: Words) -> Values:
    hello = words.of(en="Hello", es="Hola")
    stop = words.of(en=",", es=":")
    name = (words.of(en=" ", es=", ") + c["name"]) if c["name"] else ""
    return {
        "name": c["name"],
        "greeting": f"{hello}{name}{stop}",
        "inviter": c["inviter"] or c["branch"],
        "until": words.long_day(c["until"]),
        "link": link("/portal/join/invited/" + c.get("secret", "…") + "/"),
    }


@template(
    T.APPLICATION_APPROVED,
    title_es="Solicitud aprobada",
    sample={"cleared": True},
    en=Text(
        subject="You are in: {branch} has approved your application",
        body="""Hello {name},

welcome: {branch} has approved your application.
{what_now}

Your page: {link}""",
    ),
    es=Text(
        subject="Está dentro: {branch} ha aprobado su solicitud",
        body="""Hola, {name}:

bienvenido: {branch} ha aprobado su solicitud.
{what_now}

Su página: {link}""",
    ),
)
def application_approved(c: Context, words: Words) -> Values:
    if c["cleared"]:
        now = words.of(
            en="From now on you are offered jobs that suit you, one at a time.",
            es="Desde ahora se le ofrecen trabajos que le convienen, uno a uno.",
        )
    else:
        now = words.of(
            en="You are offered jobs as soon as your papers have been looked at and are in order.",
            es="Se le ofrecerán trabajos en cuanto sus documentos se hayan revisado y estén en "
            "orden.",
        )
    return {"name": c["name"], "what_now": now, "link": link("/portal/")}


@template(
    T.APPLICATION_SENT_BACK,
    title_es="Solicitud devuelta",
    en=Text(
        subject="Your application: something is to be mended",
        body="""Hello {name},

we have looked at your application and ask you to mend something:

{reason}

Everything you typed is still there. Go on here: {link}""",
    ),
    es=Text(
        subject="Su solicitud: hay algo que corregir",
        body="""Hola, {name}:

hemos mirado su solicitud y le pedimos que corrija algo:

{reason}

Todo lo que escribió sigue ahí. Continúe aquí: {link}""",
    ),
)
def application_sent_back(c: Context, words: Words) -> Values:
    return {"name": c["name"], "reason": c["reason"], "link": link("/portal/join/")}


@template(
    T.APPLICATION_REJECTED,
    title_es="Su solicitud",
    en=Text(
        subject="Your application",
        body="""Hello {name},

thank you for applying. We cannot take you into the network:

{reason}""",
        sms="{branch}: we cannot take you into the network: {reason}",
    ),
    es=Text(
        subject="Su solicitud",
        body="""Hola, {name}:

gracias por su solicitud. No podemos admitirle en la red:

{reason}""",
        sms="{branch}: no podemos admitirle en la red: {reason}",
    ),
)
def application_rejected(c: Context, words: Words) -> Values:
    return {"name": c["name"], "reason": c["reason"]}


@template(
    T.PAPER_APPROVED,
    title_es="Documento en orden",
    sample=_PAPER,
    en=Text(
        subject="In order: {paper}",
        body="""Hello {name},

your paper “{paper}” is in order. {until}""",
    ),
    es=Text(
        subject="En orden: {paper}",
        body="""Hola, {name}:

su documento «{paper}» está en orden. {until}""",
    ),
)
def paper_approved(c: Context, words: Words) -> Values:
    day = words.long_day(c["day"])
    until = words.of(en=f"It counts through {day}.", es=f"Vale hasta el {day}.") if day else ""
    return {"name": c["name"], "paper": c["paper"], "until": until}


@template(
    T.PAPER_REJECTED,
    title_es="Documento rechazado",
    sample=_PAPER,
    en=Text(
        subject="Please send it again: {paper}",
        body="""Hello {name},

your paper “{paper}” cannot be used:

{reason}

Send another one: {link}""",
    ),
    es=Text(
        subject="Envíelo otra vez, por favor: {paper}",
        body="""Hola, {name}:

su documento «{paper}» no sirve:

{reason}

Envíe otro: {link}""",
    ),
)
def paper_rejected(c: Context, words: Words) -> Values:
    return {
        "name": c["name"], "paper": c["paper"], "reason": c["reason"], "link": link(c["path"]),
    }  # fmt: skip


@template(
    T.PAPER_ASKED,
    title_es="Documento pedido",
    sample=_PAPER,
    en=Text(
        subject="Please send: {paper}",
        body="""Hello {name},

please send us your paper “{paper}”{until}.

{note}

Send it here: {link}""",
    ),
    es=Text(
        subject="Envíe, por favor: {paper}",
        body="""Hola, {name}:

envíenos, por favor, su documento «{paper}»{until}.

{note}

Envíelo aquí: {link}""",
    ),
)
def paper_asked(c: Context, words: Words) -> Values:
    day = words.long_day(c["day"])
    return {
        "name": c["name"],
        "paper": c["paper"],
        "until": words.of(en=f" by {day}", es=f" antes del {day}") if day else "",
        "note": c["note"],
        "link": link(c["path"]),
    }


@template(
    T.FROM_THE_OFFICE,
    title_es="De la oficina",
    sample={"subject": "Snow on Thursday", "text": "Please drive carefully."},
    en=Text(
        subject="{subject}",
        body="Hello {name},\n\n{text}",
        sms="{branch}: {subject}: {text}",
    ),
    es=Text(
        subject="{subject}",
        body="Hola, {name}:\n\n{text}",
        sms="{branch}: {subject}: {text}",
    ),
)
def from_the_office(c: Context, words: Words) -> Values:
    return {"name": c["name"], "subject": c["subject"], "text": c["text"]}


_STANDING = {
    "pause": (
        "Your offers are paused",
        "{branch} has paused your offers until {day}; then they begin again by themselves. "
        "Visits that you have accepted stay yours.",
        "Sus ofertas están en pausa",
        "{branch} ha puesto sus ofertas en pausa hasta el {day}; después empiezan otra vez solas. "
        "Las visitas que ha aceptado siguen siendo suyas.",
    ),
    "resume": (
        "Your offers are on again",
        "{branch} has ended the pause: offers come again.",
        "Vuelve a recibir ofertas",
        "{branch} ha terminado la pausa: vuelven las ofertas.",
    ),
    "suspend": (
        "You are suspended",
        "{branch} has suspended you: there are no new offers, and visits that have not begun go "
        "to somebody else.",
        "Está suspendido",
        "{branch} le ha suspendido: no hay nuevas ofertas, y las visitas que no han empezado "
        "pasan a otra persona.",
    ),
    "reinstate": (
        "You are active again",
        "{branch} has made you active again: offers come as before.",
        "Vuelve a estar activo",
        "{branch} le ha vuelto a activar: las ofertas llegan como antes.",
    ),
    "leave": (
        "You have left the network",
        "{branch} has marked you as left: there are no more offers, and visits that have not "
        "begun go to somebody else.",
        "Ha dejado la red",
        "{branch} ha anotado que deja la red: no hay más ofertas, y las visitas que no han "
        "empezado pasan a otra persona.",
    ),
}


@template(
    T.STANDING_CHANGED,
    title_es="Pausa, suspensión, activo",
    sample={"change": "pause", "day": "2027-01-04"},
    en=Text(
        subject="{headline}",
        body="""Hello {name},

{sentence}

{why}""",
        sms="{sentence} {why}",
    ),
    es=Text(
        subject="{headline}",
        body="""Hola, {name}:

{sentence}

{why}""",
        sms="{sentence} {why}",
    ),
)
def standing_changed(c: Context, words: Words) -> Values:
    headline, sentence, headline_es, sentence_es = _STANDING[c["change"]]
    chosen = words.of(en=sentence, es=sentence_es)
    reason = c["reason"]
    return {
        "name": c["name"],
        "headline": words.of(en=headline, es=headline_es),
        "sentence": chosen.format(branch=c["branch"], day=words.long_day(c["day"])),
        "why": words.of(en=f"Reason: {reason}", es=f"Motivo: {reason}") if reason else "",
    }
