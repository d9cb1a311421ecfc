"""What a summary for staff counts, and how each count is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.messaging.words import Words

#: Name → one, many; in English and in Spanish. What happened in the time that is summed up.
HAPPENED = {
    "came_in": (("job came in", "jobs came in"), ("trabajo entró", "trabajos entraron")),
    "booked": (
        ("visit was booked", "visits were booked"),
        ("visita se reservó", "visitas se reservaron"),
    ),
    "done": (
        ("job was done", "jobs were done"),
        ("trabajo se terminó", "trabajos se terminaron"),
    ),
    "cancelled": (
        ("job was cancelled", "jobs were cancelled"),
        ("trabajo se canceló", "trabajos se cancelaron"),
    ),
    "asked": (
        ("question came up", "questions came up"),
        ("pregunta surgió", "preguntas surgieron"),
    ),
    "not_arrived": (
        ("message did not arrive", "messages did not arrive"),
        ("mensaje no llegó", "mensajes no llegaron"),
    ),
}
#: The same of what waits when it is written.
WAITS = {
    "questions": (
        ("question waits for you", "questions wait for you"),
        ("pregunta le espera", "preguntas le esperan"),
    ),
    "applications": (
        ("application waits to be looked at", "applications wait to be looked at"),
        ("solicitud espera que la miren", "solicitudes esperan que las miren"),
    ),
}


def line(name: str, count: int, words: Words) -> str:
    """``12 jobs came in``."""
    en, es = {**HAPPENED, **WAITS}[name]
    one, many = es if words.is_spanish else en
    number = f"{count:,}".replace(",", ".") if words.is_spanish else f"{count:,}"
    return f"{number} {one if count == 1 else many}"


def lines(counts: Mapping[str, int], words: Words) -> list[str]:
    """One for each count that is not zero, in the order in which they are named above."""
    told = [line(name, counts[name], words) for name in (*HAPPENED, *WAITS) if counts[name]]
    return told or [words.of(en="Nothing happened.", es="No pasó nada.")]
