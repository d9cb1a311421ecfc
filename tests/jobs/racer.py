"""Run with pieces of Python as arguments: one real process each, on its own connection.

The processes are forked after Django is set up and before anything is connected. Each says that
it is ready, does its piece when told to by its number on standard input, and says what became of
it. Used by tests/jobs/racing.py.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django


def say(*words: Any) -> None:
    """One line at once, so that the processes do not write into each other's."""
    os.write(1, (json.dumps(words, default=str) + "\n").encode())


def run(number: int, piece: str, signal: int) -> None:
    from django.db import connection

    from jobs.errors import DomainError

    connection.ensure_connection()
    names: dict[str, Any] = {}
    exec(f"def race():\n    {piece}\n", names)
    say("ready", number)
    os.read(signal, 1)
    try:
        say("done", number, names["race"]())
    except DomainError as error:
        say("refused", number, error.code)
    except Exception as error:
        say("error", number, repr(error))
    connection.close()


def main(pieces: list[str]) -> None:
    django.setup()
    signals = []
    for number, piece in enumerate(pieces):
        reading, writing = os.pipe()
        if os.fork() == 0:
            run(number, piece, reading)
            os._exit(0)
        signals.append(writing)
    for line in sys.stdin:
        os.write(signals[int(line)], b"g")


if __name__ == "__main__":
    main(sys.argv[1:])
