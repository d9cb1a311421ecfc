"""What staff hear: words of theirs that cannot be used, and digests."""

from __future__ import annotations

from jobs.messaging.registry import Text, Values, template
from jobs.messaging.summary import line, lines
from jobs.messaging.words import Context, Words, link
from jobs.models.message import Message

T = Message.Template


@template(
    T.WORDS_BROKEN,
    sample={"title": "New offer", "what": "There is no such placeholder.", "text": 1},
    en=Text(
        subject="Your words for “{title}” cannot be used",
        body="""Hello {name},

the words that were written for “{title}” could not be filled in, so the built-in words are sent \
instead:

{what}

Correct them here: {link}""",
    ),
    es=Text(
        subject="Su texto para «{title}» no se puede usar",
        body="""Hola, {name}:

el texto escrito para «{title}» no se pudo completar, así que se envía el texto propio del \
programa:

{what}

Corríjalo aquí: {link}""",
    ),
)
def words_broken(c: Context, words: Words) -> Values:
    return {
        "name": c["name"],
        "title": c["title"],
        "what": c["what"],
        "link": link(f"/admin/jobs/messagetext/{c['text']}/change/"),
    }


@template(
    T.STAFF_DIGEST,
    sample={
        "since": "2026-11-23T12:00:00+00:00",
        "until": "2026-11-24T12:00:00+00:00",
        "counts": {
            "came_in": 12,
            "booked": 9,
            "done": 7,
            "cancelled": 1,
            "asked": 3,
            "not_arrived": 0,
            "questions": 2,
            "applications": 1,
        },
    },
    en=Text(
        subject="{branch}: {headline}",
        body="""Hello {name},

since {since}:

{lines}

The board: {link}
How often this comes: {settings}""",
    ),
    es=Text(
        subject="{branch}: {headline}",
        body="""Hola, {name}:

desde {since}:

{lines}

El tablero: {link}
Con qué frecuencia llega esto: {settings}""",
    ),
)
def staff_digest(c: Context, words: Words) -> Values:
    counts = c["counts"]
    if counts["questions"]:
        headline = line("questions", counts["questions"], words)
    else:
        headline = words.of(en="nothing waits for you", es="nada le espera")
    return {
        "name": c["name"],
        "headline": headline,
        "since": words.moment(c["since"], c["time_zone"]),
        "lines": "\n".join(f"- {told}" for told in lines(counts, words)),
        "link": link(f"/console/{c['slug']}/"),
        "settings": link(f"/console/{c['slug']}/messages/digest/"),
    }
