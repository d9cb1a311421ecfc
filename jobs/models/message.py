"""The transactional outbox."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Message(models.Model):
    """One message to one recipient over one channel, because of one event of a job.

    What concerns no job (papers that end) has no event; then ``cause`` says what it is about, and
    nobody is told the same cause twice.

    Written in the transaction that made the event, sent afterwards by a worker; subject
    and body are rendered at sending from the frozen ``context`` and kept.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "waiting"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        SMS = "sms", "text"
        PUSH = "push", "push"

    class Delivery(models.TextChoices):
        """What the provider said of a sent message, by signed webhook."""

        DELIVERED = "delivered", "delivered"
        OPENED = "opened", "opened"
        BOUNCED = "bounced", "bounced"
        COMPLAINED = "complained", "marked as spam"
        FAILED = "failed", "not delivered"

    class Recipient(models.TextChoices):
        CONTRACTOR = "contractor", "contractor"
        CUSTOMER = "customer", "customer"
        STAFF = "staff", "staff"

    class Template(models.TextChoices):
        OFFER_MADE = "offer_made", "Offer made"
        OFFER_WITHDRAWN = "offer_withdrawn", "Offer withdrawn"
        VISIT_BOOKED = "visit_booked", "Visit booked"
        VISIT_CANCELLED = "visit_cancelled", "Visit cancelled"
        APPOINTMENT_BOOKED = "appointment_booked", "Appointment booked"
        APPOINTMENT_CHANGED = "appointment_changed", "Appointment changed"
        APPOINTMENT_CANCELLED = "appointment_cancelled", "Appointment cancelled"
        APPOINTMENT_MOVED = "appointment_moved", "Appointment moved"
        OTHER_WINDOWS = "other_windows", "Other times offered"
        CHANGE_DECLINED = "change_declined", "Change not possible"
        VISIT_MOVED = "visit_moved", "Visit moved"
        PAPER_ENDS = "paper_ends", "Paper ends soon"
        PAPER_ENDED = "paper_ended", "Paper ended"
        CONFIRM_VISIT = "confirm_visit", "Please confirm a visit"
        NUDGE_VISIT = "nudge_visit", "Where are you?"
        RESCUE_BEGAN = "rescue_began", "Visit given to others"
        RESCUE_UNDONE = "rescue_undone", "Visit is yours again"
        SUBSTITUTE_STAYS = "substitute_stays", "Visit stays with the substitute"
        STANDBY_ASKED = "standby_asked", "Standby asked"
        STANDBY_ENDED = "standby_ended", "Standby ended"
        PAPERS_TO_STAFF = "papers_to_staff", "Papers that end"
        INVITATION = "invitation", "Invitation"
        APPLICATION_APPROVED = "application_approved", "Application approved"
        APPLICATION_SENT_BACK = "application_sent_back", "Application sent back"
        APPLICATION_REJECTED = "application_rejected", "Application rejected"
        PAPER_APPROVED = "paper_approved", "Paper approved"
        PAPER_REJECTED = "paper_rejected", "Paper rejected"
        PAPER_ASKED = "paper_asked", "Paper asked for"
        FROM_THE_OFFICE = "from_the_office", "Written by staff"
        WORDS_BROKEN = "words_broken", "Words that cannot be used"
        STAFF_DIGEST = "staff_digest", "Summary for staff"
        TEXT_REPLY = "text_reply", "Reply to a text"
        STANDING_CHANGED = "standing_changed", "Paused, suspended, active again"

    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the job's own; the audit compares them
    )
    event = models.ForeignKey(
        "jobs.JobEvent",
        on_delete=models.PROTECT,
        null=True,
        related_name="messages",
        db_index=False,
    )
    job = models.ForeignKey(
        "jobs.Job", on_delete=models.PROTECT, null=True, related_name="messages"
    )
    cause = models.CharField(max_length=120, blank=True, default="", db_default="")
    recipient_kind = models.CharField(max_length=10, choices=Recipient.choices)
    contractor = models.ForeignKey(
        "network.Contractor",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=254)
    next_ways = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="Pairs of channel and address to try in turn when this way fails.",
    )
    # Without choices: a new template needs no migration.
    template = models.CharField(max_length=40)
    language = models.CharField(max_length=5, default="en", db_default="en")
    context = models.JSONField(default=dict)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    not_before = models.DateTimeField(
        null=True, blank=True, help_text="Domain time: waits for the recipient's contact hours."
    )
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The provider's name of it.",
    )
    delivery = models.CharField(
        max_length=10, choices=Delivery.choices, blank=True, default="", db_default=""
    )
    delivery_at = models.DateTimeField(null=True, blank=True)
    delivery_note = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "recipient_kind", "address", "channel"],
                name="one_message_per_event_recipient_channel",
            ),
            models.UniqueConstraint(
                fields=["cause", "recipient_kind", "address", "channel"],
                condition=~Q(cause=""),
                name="one_message_per_cause_recipient_channel",
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=False, job__isnull=False, cause="")
                | (Q(event__isnull=True, job__isnull=True) & ~Q(cause="")),
                name="message_has_its_event_or_cause",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status="pending"), name="message_due_list"
            ),
            models.Index(fields=["branch", "-id"], name="message_by_branch"),
            models.Index(
                fields=["created_at"],
                condition=Q(template="offer_made")
                & (Q(status="failed") | Q(delivery__in=["bounced", "failed"])),
                name="message_offers_not_arrived",
            ),
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="message_of_provider"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} to {self.address}"

    @property
    def template_title(self) -> str:
        """What people call it; the key itself when there is no such template any more."""
        known = self.template in self.Template.values
        return str(self.Template(self.template).label) if known else self.template
