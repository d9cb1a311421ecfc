"""Stretches of technicians' time that are taken."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q

from network.clock import AppNow
from network.models.branch import Branch
from network.models.technician import Technician
from network.querysets import CalendarEntryQuerySet


class EntryKind(models.TextChoices):
    HOLD = "hold", "hold"  # an offer is pending for this time
    BOOKING = "booking", "booking"  # an accepted visit
    TIME_OFF = "time_off", "time off"


class CalendarEntry(models.Model):
    """Taken time: ``period`` is ``[start, end)``. Two entries of one technician never overlap.

    ``source_ref`` is opaque here: the public id of the offer (hold) or booking it stands for.
    """

    branch = models.ForeignKey(
        Branch,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    technician = models.ForeignKey(
        Technician,
        on_delete=models.PROTECT,
        related_name="calendar_entries",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=8, choices=EntryKind.choices)
    period = DateTimeRangeField(default_bounds="[)")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    source_ref = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=AppNow(), editable=False)

    objects = CalendarEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "calendar entries"
        indexes = [
            # Calendars are read from some moment on; the past, which only grows, stays behind it.
            models.Index(
                F("technician"),
                Func(F("period"), function="upper", output_field=models.DateTimeField()),
                name="network_calendarentry_upcoming",
            ),
        ]
        constraints = [
            # A range of one number per technician spares the btree_gist extension, which the
            # embedded servers do not carry.
            ExclusionConstraint(
                name="calendar_entries_never_overlap",
                index_type="GIST",
                expressions=[
                    (
                        Func(
                            F("technician"),
                            F("technician"),
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This time is already taken.",
            ),
            models.UniqueConstraint(
                fields=["source_ref"],
                condition=Q(source_ref__isnull=False),
                name="network_calendarentry_once_per_source",
            ),
            models.CheckConstraint(
                name="network_calendarentry_kind_fits_its_fields",
                condition=Q(
                    kind__in=[EntryKind.HOLD, EntryKind.BOOKING],
                    source_ref__isnull=False,
                    latitude__isnull=False,
                    longitude__isnull=False,
                )
                | Q(
                    kind=EntryKind.TIME_OFF,
                    source_ref__isnull=True,
                    latitude__isnull=True,
                    longitude__isnull=True,
                ),
                violation_error_message=(
                    "A hold or booking has a place and a source; time off has neither."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period.lower:%Y-%m-%d %H:%M} UTC"
