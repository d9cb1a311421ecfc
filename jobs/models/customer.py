"""What belongs to the customer's own pages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class CustomerLink(models.Model):
    """The link by which a customer opens their appointment without an account.

    Neither the link nor its nonce is kept: the nonce is computed from ``seed`` and the site's
    secret key when a message is sent, and only its hash is stored to recognise it by.
    """

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="customer_links")
    seed = models.CharField(max_length=32, editable=False)
    nonce_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(revoked_at__isnull=True),
                name="one_customer_link_per_job",
            ),
        ]

    def __str__(self) -> str:
        return f"customer's link of job {self.job_id}"
