"""A customer's work order and the promise made for it."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Right

from jobs.querysets import JobQuerySet
from jobs.states import FINAL, CancelBy, CancelReason, JobStatus, Priority, VisitResult
from network.clock import AppNow
from network.ids import uuid7
from network.models.branch import Language


class Job(models.Model):
    """One work order. Its arrival window is the promise to the customer.

    ``next_wake_at`` is the due list: the domain time at which the machine must look at
    this job again. Every open job has one, a CHECK says so, so nothing is ever just stuck.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(
        "network.Branch", on_delete=models.PROTECT, related_name="jobs", db_index=False
    )
    reference = models.CharField(max_length=40)
    client = models.ForeignKey(
        "network.Client", on_delete=models.PROTECT, null=True, blank=True, related_name="jobs"
    )
    service_type = models.ForeignKey(
        "network.ServiceType", on_delete=models.PROTECT, related_name="jobs"
    )
    priority = models.CharField(max_length=12, choices=Priority.choices)
    status = models.CharField(max_length=12, choices=JobStatus.choices, default=JobStatus.NEW)
    round_number = models.PositiveSmallIntegerField(default=0)

    window_start = models.DateTimeField(help_text="The promise: arrival not before this.")
    window_end = models.DateTimeField(help_text="The promise: arrival not after this.")
    time_zone = models.CharField(max_length=64, help_text="The site's zone, from its ZIP.")
    duration_minutes = models.PositiveSmallIntegerField()
    not_to_exceed = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    description = models.TextField(blank=True)

    follow_up_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    # What a dispatcher has allowed because the promise was in danger.
    extra_km = models.FloatField(
        default=0.0, db_default=0.0, help_text="Asked so far beyond their territories too."
    )
    skill_relief = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="So many skill levels below what the work asks for."
    )
    extra_pay = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Paid on top of the contractor's own price.",
    )

    address = models.CharField(max_length=200)
    postcode = models.CharField(max_length=12)
    area = models.CharField(
        max_length=80, blank=True, help_text="Town or quarter: all a contractor sees beforehand."
    )
    latitude = models.FloatField()
    longitude = models.FloatField()
    cell = models.BigIntegerField(help_text="H3 cell of the site.")

    customer_name = models.CharField(max_length=120)
    customer_phone = models.CharField(max_length=40, blank=True)
    customer_email = models.EmailField(blank=True)
    customer_language = models.CharField(
        max_length=5,
        choices=Language.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Of messages to the customer. Empty: the branch's.",
    )

    next_wake_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Failed wakes in a row; the next one is pushed forward each time."
    )
    last_sequence = models.PositiveIntegerField(default=0)

    source = models.CharField(max_length=20, default="console")
    external_ref = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=AppNow())
    updated_at = models.DateTimeField(db_default=AppNow())
    closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=12, choices=CancelBy.choices, blank=True)
    cancel_reason = models.CharField(max_length=24, choices=CancelReason.choices, blank=True)
    result = models.CharField(max_length=24, choices=VisitResult.choices, blank=True)
    closing_note = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["window_start", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "reference"], name="job_reference_unique"),
            models.UniqueConstraint(
                fields=["branch", "source", "external_ref"],
                condition=~Q(external_ref=""),
                name="job_external_ref_unique",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(FINAL)) | Q(next_wake_at__isnull=False),
                name="open_job_has_next_wake",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(FINAL), closed_at__isnull=False)
                | (~Q(status__in=sorted(FINAL)) & Q(closed_at__isnull=True)),
                name="job_closed_iff_final",
            ),
            models.CheckConstraint(
                condition=Q(window_end__gt=F("window_start")), name="job_window_ordered"
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__gt=0), name="job_duration_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.values), name="job_status_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    extra_km__gte=0, extra_km__lte=100, skill_relief__lte=1, extra_pay__gte=0
                ),
                name="job_relief_bounded",
            ),
            models.CheckConstraint(
                condition=~Q(follow_up_of=F("id")), name="job_does_not_follow_itself"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_wake_at"],
                condition=~Q(status__in=sorted(FINAL)),
                name="job_due_list",
            ),
            models.Index(
                fields=["branch", "status", "window_start"],
                condition=~Q(status__in=sorted(FINAL)),
                name="job_open_board",
            ),
            models.Index(fields=["branch", "window_start"], name="job_by_window"),
            models.Index(fields=["branch", "-updated_at", "-id"], name="job_by_update"),
            models.Index(fields=["branch", "-id"], name="job_by_branch"),
            # who the customer is, as jobs.services.same_customer compares it
            models.Index(
                F("branch"),
                Right(
                    Func(
                        F("customer_phone"),
                        Value("[^0-9]"),
                        Value(""),
                        Value("g"),
                        function="regexp_replace",
                    ),
                    10,
                ),
                condition=~Q(customer_phone=""),
                name="job_by_customer_phone",
            ),
            models.Index(
                F("branch"),
                Lower("customer_email"),
                condition=~Q(customer_email=""),
                name="job_by_customer_email",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def title(self) -> str:
        """What the job is called in lists: the customer's words, else the kind of work."""
        first_line = self.description.strip().splitlines()[0] if self.description.strip() else ""
        return first_line[:80] or self.service_type.name
