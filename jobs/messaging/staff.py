"""What staff hear: words of theirs that cannot be used, and digests."""

from __future__ import annotations

from jobs.messaging.registry import Text, Values, template
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
        "lines": ["12 jobs came in", "2 questions wait for you"],
        "waiting": 2,
    },
    en=Text(
        subject="{branch}: {headline}",
        body="""Hello {name},

since {since}:

{lines}

The board: {link}
How often this comes: {settings}""",
    ),
)
def staff_digest(c: Context, words: Words) -> Values:
    waiting = c["waiting"]
    if waiting:
        headline = f"{waiting} question{'s wait' if waiting > 1 else ' waits'} for you"
    else:
        headline = "nothing waits for you"
    return {
        "name": c["name"],
        "headline": headline,
        "since": words.moment(c["since"], c["time_zone"]),
        "lines": "\n".join(f"- {line}" for line in c["lines"]),
        "link": link(f"/console/{c['slug']}/"),
        "settings": link(f"/console/{c['slug']}/messages/digest/"),
    }
