"""What was asked for before jobs were kept here."""

from __future__ import annotations

from django.db import models

from network.clock import AppNow


class PastRequest(models.Model):
    """A request from before the branch worked with this system: demand, and nothing else.

    Nobody was asked, promised or paid, so that it is no job: it stands on no board, in no report
    and on no scorecard. It says where and when work of which kind is asked for.
    """

    branch = models.ForeignKey(
        "network.Branch", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    service_type = models.ForeignKey(
        "network.ServiceType", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    window_start = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    postcode = models.CharField(max_length=12)
    latitude = models.FloatField()
    longitude = models.FloatField()
    cell = models.BigIntegerField(help_text="H3 cell of the site.")
    external_ref = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=AppNow(), editable=False)

    class Meta:
        ordering = ["window_start", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "external_ref"], name="past_request_once_per_branch"
            ),
            models.CheckConstraint(
                condition=models.Q(duration_minutes__gt=0), name="past_request_duration_positive"
            ),
        ]
        indexes = [models.Index(fields=["branch", "window_start"], name="past_request_by_window")]

    def __str__(self) -> str:
        return f"request {self.external_ref}"
