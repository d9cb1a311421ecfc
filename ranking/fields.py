"""Column types that Django does not bring along."""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class RealField(models.FloatField):
    """A 4-byte float. Scores need no more, and a decision holds one for every candidate."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "real"
