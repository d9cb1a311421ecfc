"""Loads the sample network."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from jobs.sample import load_sample


class Command(BaseCommand):
    help = (
        "Loads the sample branch “boston”: about 60 invented contractors (among them Harold, Lisa "
        "and James), a history, a few jobs and the demo accounts. Seeded: the same every time. "
        "Run again, it adds and changes nothing. Refused in production."
    )

    def handle(self, **options: Any) -> None:
        try:
            load_sample(say=self.stdout.write)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
