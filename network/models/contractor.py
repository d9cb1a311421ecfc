"""Independent firms and sole traders, and the people who may act for them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from network.ids import uuid7
from network.models.branch import Branch, Language
from network.querysets import ContractorQuerySet, ContractorUserQuerySet

LONGEST_NOTICE_MINUTES = 14 * 1440


class ContractorStatus(models.TextChoices):
    APPLICANT = "applicant", "applicant"  # has applied, is not yet approved
    ACTIVE = "active", "active"  # the only status that is offered work
    PAUSED = "paused", "paused"  # by their own choice, comes back by themselves
    SUSPENDED = "suspended", "suspended"  # by the branch, comes back only through the branch
    LEFT = "left", "left"  # gone for good; kept for the history


class Tier(models.IntegerChoices):
    PREFERRED = 1, "preferred"
    STANDARD = 2, "standard"
    BACKUP = 3, "backup"


class Contractor(models.Model):
    """A firm or sole trader of one branch. Amounts are in the branch's currency."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="contractors")
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    status = models.CharField(
        max_length=10, choices=ContractorStatus.choices, default=ContractorStatus.APPLICANT
    )
    cleared_until = models.DateField(
        null=True,
        blank=True,
        help_text="Papers are in order through the end of this day. Empty: not cleared for work.",
    )
    clearance_override_until = models.DateField(
        null=True, blank=True, help_text="Set by hand: counts instead of what the papers say."
    )
    clearance_override_note = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="Why it was set by hand."
    )
    clearance_end_told = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The date of clearance whose end has been told.",
    )
    base_latitude = models.FloatField()
    base_longitude = models.FloatField()
    tier = models.PositiveSmallIntegerField(choices=Tier.choices, default=Tier.STANDARD)
    call_out_fee = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    hourly_rate = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    contact_from = models.TimeField(
        null=True, blank=True, help_text="May be asked from, local time. Empty: at any hour."
    )
    contact_until = models.TimeField(null=True, blank=True)
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text="No new offers before this moment; then by itself again."
    )
    notice_minutes = models.PositiveIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(LONGEST_NOTICE_MINUTES)],
        help_text="A visit begins so many minutes after it is offered at the earliest.",
    )
    most_jobs_a_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text="Of the whole firm, by local day. Empty: as many as fit.",
    )
    after_hours_emergencies = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Takes emergencies at any hour, on holidays and without notice.",
    )
    works_on_holidays = models.BooleanField(
        default=True, db_default=True, help_text="Works on the branch's public holidays."
    )
    joined_on = models.DateField()
    language = models.CharField(
        max_length=5,
        choices=Language.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Of messages. Empty: the branch's.",
    )
    external_ref = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="Key in the list that the firm was imported from.",
    )
    is_simulated = models.BooleanField(default=False, help_text="Invented, not a real firm.")

    objects = ContractorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["branch", "status"], name="network_contractor_status")]
        constraints = [
            # Target of the composite foreign keys that keep denormalised branches equal.
            models.UniqueConstraint(
                fields=["id", "branch"], name="network_contractor_id_with_branch"
            ),
            models.UniqueConstraint(
                fields=["branch", "external_ref"],
                condition=~models.Q(external_ref=""),
                name="network_contractor_external_ref_once_per_branch",
            ),
            models.CheckConstraint(
                name="network_contractor_status_is_known",
                condition=models.Q(status__in=ContractorStatus.values),
            ),
            models.CheckConstraint(
                name="network_contractor_base_is_on_the_globe",
                condition=models.Q(
                    base_latitude__range=(-90, 90), base_longitude__range=(-180, 180)
                ),
            ),
            models.CheckConstraint(
                name="network_contractor_tier_1_to_3", condition=models.Q(tier__range=(1, 3))
            ),
            models.CheckConstraint(
                name="network_contractor_rates_are_not_negative",
                condition=models.Q(call_out_fee__gte=0, hourly_rate__gte=0),
            ),
            models.CheckConstraint(
                name="network_contractor_override_says_why",
                condition=models.Q(clearance_override_until__isnull=True)
                | ~models.Q(clearance_override_note=""),
                violation_error_message="Say why the date was set by hand.",
            ),
            models.CheckConstraint(
                name="network_contractor_notice_at_most_two_weeks",
                condition=models.Q(notice_minutes__range=(0, LONGEST_NOTICE_MINUTES)),
            ),
            models.CheckConstraint(
                name="network_contractor_jobs_a_day_1_to_200",
                condition=models.Q(most_jobs_a_day__isnull=True)
                | models.Q(most_jobs_a_day__range=(1, 200)),
            ),
            models.CheckConstraint(
                name="network_contractor_contact_hours_are_both_or_none",
                condition=models.Q(contact_from__isnull=True, contact_until__isnull=True)
                | (
                    models.Q(contact_from__isnull=False, contact_until__isnull=False)
                    & ~models.Q(contact_from=models.F("contact_until"))
                ),
                violation_error_message=(
                    "Give both contact hours, and different ones, or leave both empty."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContractorUser(models.Model):
    """A user who may act for a contractor: for all of it, or as one of its technicians."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contractor_links"
    )
    contractor = models.ForeignKey(Contractor, on_delete=models.CASCADE, related_name="user_links")
    technician = models.ForeignKey(
        "network.Technician",
        null=True,
        blank=True,
        # Not SET_NULL: the login of one person would become one for the whole firm.
        on_delete=models.CASCADE,
        related_name="user_links",
        help_text="Empty: acts for the whole firm.",
    )

    objects = ContractorUserQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "contractor"], name="network_contractoruser_once_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} acts for {self.contractor}"
