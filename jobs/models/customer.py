"""What belongs to the customer's own pages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from network.ids import uuid7


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


class CustomerNote(models.Model):
    """What the customer added for whoever comes: words, or a picture that was drawn anew."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="customer_notes")
    text = models.CharField(max_length=1000, blank=True)
    file_name = models.CharField(max_length=200, blank=True, editable=False)
    original_name = models.CharField(max_length=120, blank=True, editable=False)
    content_type = models.CharField(max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") | ~Q(file_name=""), name="customer_note_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"customer's note on job {self.job_id}"

    @property
    def is_photo(self) -> bool:
        return bool(self.file_name)


class VisitRating(models.Model):
    """What the customer says of a visit. The stars are an outcome too, which ranking reads."""

    booking = models.OneToOneField("jobs.Booking", on_delete=models.CASCADE, related_name="rating")
    stars = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=500, blank=True)
    rated_at = models.DateTimeField(help_text="The first time; it can be changed for a while.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="rating_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.stars} of 5"


class WindowOffer(models.Model):
    """Other windows that can be served, shown to the customer until one is chosen or none fits."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="window_offers")
    windows = models.JSONField(help_text="Pairs of instants in ISO format.")
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    chosen = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(closed_at__isnull=True),
                name="one_open_window_offer_per_job",
            ),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True) | Q(closed_at__isnull=False),
                name="window_chosen_means_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"windows offered for job {self.job_id}"
