#!/usr/bin/env python
"""Firstcall's commands. Without DATABASE_URL they use this checkout's embedded servers."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_site.settings")
    try:
        from django.core.management import execute_from_command_line

        from dispatch_site.embedded.paths import EmbeddedError
        from dispatch_site.embedded.session import embedded_servers_for
    except ImportError as error:
        raise SystemExit(
            f"{error}. Use this checkout's own Python (.venv/bin/python manage.py …); "
            "`make run` makes it."
        ) from error
    try:
        with embedded_servers_for(sys.argv):
            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        raise SystemExit(f"{error}") from error


if __name__ == "__main__":
    main()
