"""An offer of one job to one contractor, with its window to answer."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from jobs.querysets import OfferQuerySet
from jobs.states import AnswerVia, OfferStatus
from network.ids import uuid7


class IntRange(Func):
    """``int8range``: turns a bigint key into a range, so GiST needs no extension."""

    function = "INT8RANGE"
    output_field = BigIntegerRangeField()


class Offer(models.Model):
    """What a contractor was asked, with pay and deadline frozen when it was made.

    ``seat`` is ``[0,)`` for an exclusive offer and ``[n,n+1)`` for one of an open call:
    an exclusive pending offer therefore excludes every other pending offer of its job.
    Whether it is open is derived (pending and now < ``expires_at``), never stored, so
    that a late worker cannot lengthen it.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the job's own; the audit compares them
    )
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, related_name="offers")
    round = models.ForeignKey(
        "jobs.Round", on_delete=models.PROTECT, related_name="offers", db_index=False
    )
    rank = models.PositiveSmallIntegerField(help_text="Rank in the decision; 0: not ranked.")
    contractor = models.ForeignKey(
        "network.Contractor", on_delete=models.PROTECT, related_name="offers", db_index=False
    )
    technician = models.ForeignKey(
        "network.Technician", on_delete=models.PROTECT, related_name="offers", db_index=False
    )
    status = models.CharField(
        max_length=10, choices=OfferStatus.choices, default=OfferStatus.PENDING
    )
    seat = BigIntegerRangeField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text="Stamped by the database when accepted or declined."
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="Stamped by the database when no longer pending."
    )
    out_of_hours = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Made outside the contractor's contact hours; stamped by the database.",
    )
    via = models.CharField(max_length=10, choices=AnswerVia.choices, blank=True)
    reason = models.CharField(max_length=24, blank=True)
    note = models.TextField(blank=True)
    pay = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    starts_at = models.DateTimeField(help_text="Planned start held for this offer.")
    ends_at = models.DateTimeField()
    travel_minutes = models.FloatField()
    travel_km = models.FloatField()

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            ExclusionConstraint(
                name="pending_offers_exclude_each_other",
                expressions=[
                    (IntRange(F("job_id"), F("job_id"), Value("[]")), RangeOperators.OVERLAPS),
                    ("seat", RangeOperators.OVERLAPS),
                ],
                condition=Q(status="pending"),
            ),
            models.UniqueConstraint(
                fields=["round"],
                condition=Q(status="accepted"),
                name="one_accepted_offer_per_round",
            ),
            models.UniqueConstraint(
                fields=["job", "contractor"],
                condition=Q(status="pending"),
                name="one_pending_offer_per_contractor",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="offer_window_positive"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="offer_slot_ordered"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OfferStatus.values), name="offer_status_known"
            ),
            models.CheckConstraint(condition=Q(pay__gte=0), name="offer_pay_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="pending"), name="offer_due_list"
            ),
            models.Index(
                fields=["contractor", "expires_at"],
                condition=Q(status="pending"),
                name="offer_pending_of_contractor",
            ),
            models.Index(fields=["contractor", "-made_at"], name="offer_of_contractor"),
        ]

    def __str__(self) -> str:
        return f"offer {self.public_id}"
