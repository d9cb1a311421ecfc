"""How people want to be reached, by what, and in which words."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from network.clock import AppNow
from network.models.branch import Language


class MessagePreference(models.Model):
    """By which channels a contractor is told, in order: the next is used when one fails.

    Urgent things (offers, visits) go out at any hour that offers do; the rest waits for the contact
    hours if ``waits`` says so. A contractor without a row uses the defaults here.
    """

    contractor = models.OneToOneField(
        "network.Contractor", on_delete=models.CASCADE, related_name="message_preference"
    )
    urgent_ways = ArrayField(models.CharField(max_length=10), default=list)
    other_ways = ArrayField(models.CharField(max_length=10), default=list)
    waits = models.BooleanField(
        default=True,
        db_default=True,
        help_text="What is not urgent waits for the contact hours.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(urgent_ways__contained_by=["email", "sms"])
                & Q(other_ways__contained_by=["email", "sms"])
                & Q(urgent_ways__len__gte=1)
                & Q(other_ways__len__gte=1),
                name="message_ways_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"messages to {self.contractor}"


class PushSubscription(models.Model):
    """One browser in which a user has allowed notifications. Removed when it has expired."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    endpoint = models.URLField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=200)
    auth = models.CharField(max_length=100)
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.device or 'browser'} of {self.user}"


class StaffDigest(models.Model):
    """A summary by e-mail for one member of staff of one branch: hourly, daily or not at all."""

    class Every(models.TextChoices):
        HOUR = "hour", "every hour in which something happened"
        DAY = "day", "once a day"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    branch = models.ForeignKey("network.Branch", on_delete=models.CASCADE, related_name="digests")
    every = models.CharField(max_length=4, choices=Every.choices)
    hour = models.PositiveSmallIntegerField(
        default=7,
        validators=[MaxValueValidator(23)],
        help_text="Local hour of the daily one, from 0 to 23.",
    )
    covers_from = models.DateTimeField(db_default=AppNow(), editable=False)
    next_at = models.DateTimeField(editable=False, db_index=True, help_text="Domain time.")

    class Meta:
        ordering = ["branch", "user"]
        constraints = [
            models.UniqueConstraint(fields=["user", "branch"], name="one_digest_per_user_branch"),
            models.CheckConstraint(
                condition=Q(every__in=["hour", "day"]) & Q(hour__lte=23), name="digest_is_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"digest of {self.branch} for {self.user}"


class OfferLink(models.Model):
    """A one-tap link to an offer. Its secret is kept as a hash; it shows, and decides nothing."""

    offer = models.ForeignKey("jobs.Offer", on_delete=models.CASCADE, related_name="links")
    nonce_hash = models.CharField(max_length=64, unique=True, editable=False)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"link to {self.offer}"


class MessageText(models.Model):
    """Words that staff wrote in place of the built-in ones; of one branch, or of all.

    The branch's own count before those of all branches. Texts that cannot be filled in are refused
    on saving; one that breaks later gives way to the built-in words, and staff are told.
    """

    class Form(models.TextChoices):
        LETTER = "letter", "letter (e-mail)"
        SHORT = "short", "short (text to a phone)"

    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="message_texts",
        help_text="Empty: for all branches.",
    )
    template = models.CharField(max_length=40)
    form = models.CharField(max_length=6, choices=Form.choices, default=Form.LETTER)
    language = models.CharField(max_length=5, choices=Language.choices, default=Language.ENGLISH)
    subject = models.CharField(max_length=200, blank=True, help_text="Of letters only.")
    body = models.TextField()
    is_active = models.BooleanField("in use", default=True)
    broken_since = models.DateTimeField(null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["template", "language", "form"]
        verbose_name = "words of a message"
        verbose_name_plural = "words of messages"
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "template", "form", "language"],
                nulls_distinct=False,
                name="one_text_per_template_form_language",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template}, {self.form}, {self.language}"
