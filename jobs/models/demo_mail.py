"""What a demo has sent, to be read on a page instead of in a mailbox."""

from __future__ import annotations

from django.db import models


class DemoMail(models.Model):
    """An e-mail or a text that a demo would have sent. Only the newest few hundred are kept."""

    class Kind(models.TextChoices):
        EMAIL = "email", "e-mail"
        TEXT = "text", "text"

    kind = models.CharField(max_length=5, choices=Kind.choices)
    recipients = models.CharField(max_length=500)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipients}"
