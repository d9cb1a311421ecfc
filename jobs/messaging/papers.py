"""Papers that end: what contractors and staff hear."""

from __future__ import annotations

from typing import Any

from jobs.messaging.registry import Text, Values, template
from jobs.messaging.words import Context, Words, link
from jobs.models.message import Message

T = Message.Template


@template(
    T.PAPER_ENDS,
    title_es="Documento que caduca",
    sample={"day": "2027-05-04", "paper": "Insurance", "work": "", "days_left": 30},
    en=Text(
        subject="{paper} ends on {day}",
        body="""Hello {name},

your paper “{paper}” ends on {day}, {left}.
Without a new one you are offered no more {work} for days after that, and visits booked beyond it \
go to somebody else.

Send the new one in time: {link}""",
    ),
    es=Text(
        subject="{paper} caduca el {day}",
        body="""Hola, {name}:

su documento «{paper}» caduca el {day}, {left}.
Sin uno nuevo no se le ofrece más {work} para los días posteriores, y las visitas reservadas para \
después pasan a otra persona.

Envíe el nuevo a tiempo: {link}""",
    ),
)
def paper_ends(c: Context, words: Words) -> Values:
    return {
        "name": c["name"],
        "paper": c["paper"],
        "day": words.long_day(c["day"]),
        "left": words.days_left(c["days_left"]),
        "work": words.of(
            en=f"{c['work']} work" if c["work"] else "work",
            es=f"trabajo de {c['work']}" if c["work"] else "trabajo",
        ),
        "link": link("/portal/"),
    }


@template(
    T.PAPER_ENDED,
    title_es="Documento caducado",
    sample={"day": "2027-05-04", "paper": "Insurance", "work": "", "still_cleared": False},
    en=Text(
        subject="{headline}",
        body="""Hello {name},

{what}. {so}.
{consequence}

Send the new one: {link}""",
    ),
    es=Text(
        subject="{headline}",
        body="""Hola, {name}:

{what}. {so}.
{consequence}

Envíe el nuevo: {link}""",
    ),
)
def paper_ended(c: Context, words: Words) -> Values:
    day, paper, work = words.long_day(c["day"]), c["paper"], c["work"]
    if work:
        headline = words.of(en=f"Not cleared for {work}", es=f"Sin autorización para {work}")
        so = words.of(
            en=f"You are not cleared for {work} any more",
            es=f"Ya no está autorizado para {work}",
        )
    elif c["still_cleared"]:
        headline = words.of(en=f"{paper} has ended", es=f"{paper} ha caducado")
        so = words.of(
            en="You stay cleared for now, because the branch has set a later date for you",
            es="Sigue autorizado por ahora, porque la sucursal ha fijado una fecha posterior",
        )
    else:
        headline = words.of(en="Not cleared for work", es="Sin autorización para trabajar")
        so = words.of(
            en="You are not cleared for work any more", es="Ya no está autorizado para trabajar"
        )
    what_en = f"your paper “{paper}” ended on {day}" if paper else f"your date, {day}, is over"
    what_es = f"su documento «{paper}» caducó el {day}" if paper else f"su fecha, {day}, ha pasado"
    return {
        "name": c["name"],
        "headline": headline,
        "what": words.of(en=what_en, es=what_es),
        "so": so,
        "consequence": words.of(
            en="There are no new offers of such work until it is, and visits that were booked "
            "for later go to somebody else.",
            es="No hay nuevas ofertas de ese trabajo hasta entonces, y las visitas reservadas "
            "para después pasan a otra persona.",
        )
        if work or not c["still_cleared"]
        else "",
        "link": link("/portal/"),
    }


_PAPER = {
    "name": "Harold", "paper": "Insurance", "work": "", "day": "2027-05-04", "days_left": 30,
    "still_cleared": True,
}  # fmt: skip


@template(
    T.PAPERS_TO_STAFF,
    sample={"papers": [_PAPER]},
    en=Text(
        subject="Papers at {branch}: {counts}",
        body="""Hello {name},

{papers}

All that end soon: {link}""",
    ),
    es=Text(
        subject="Documentos de {branch}: {counts}",
        body="""Hola, {name}:

{papers}

Todos los que caducan pronto: {link}""",
    ),
)
def papers_to_staff(c: Context, words: Words) -> Values:
    papers = c["papers"]
    ended = sum(paper["days_left"] < 0 for paper in papers)
    ending = len(papers) - ended
    parts = []
    if ended:
        parts.append(
            words.of(en=f"{ended} ended", es=f"{ended} han caducado")
            if ended > 1
            else words.of(en="1 has ended", es="1 ha caducado")
        )
    if ending:
        parts.append(
            words.of(en=f"{ending} end soon", es=f"{ending} caducan pronto")
            if ending > 1
            else words.of(en="1 ends soon", es="1 caduca pronto")
        )
    return {
        "name": c["name"],
        "counts": ", ".join(parts),
        "papers": "\n".join(f"- {_staff_line(paper, words)}" for paper in papers),
        "link": link(f"/console/{c['slug']}/coverage/#papers"),
    }


def _staff_line(paper: dict[str, Any], words: Words) -> str:
    day = words.long_day(paper["day"])
    what = paper["paper"] or words.of(en="the date set by hand", es="la fecha puesta a mano")
    if paper["work"]:
        what += f" ({paper['work']})"
    if paper["days_left"] >= 0:
        said = words.of(en=f"ends on {day}", es=f"caduca el {day}")
        return f"{paper['name']}: {what} {said}, {words.days_left(paper['days_left'])}"
    said = words.of(en=f"ended on {day}", es=f"caducó el {day}")
    if paper["work"]:
        so = words.of(en="; not cleared for this work", es="; sin autorización para este trabajo")
    elif paper["still_cleared"]:
        so = words.of(
            en="; cleared all the same, by a date set by hand",
            es="; autorizado aun así, por una fecha puesta a mano",
        )
    else:
        so = words.of(en="; not cleared", es="; sin autorización")
    return f"{paper['name']}: {what} {said}{so}"
