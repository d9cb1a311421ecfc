"""People (or crews) who do one job at a time: what they can do and when they work."""

from __future__ import annotations

from django.db import models

from network.ids import uuid7
from network.models.branch import Branch
from network.models.contractor import Contractor
from network.models.skill import LEVELS, Skill
from network.querysets import TechnicianQuerySet

WEEKDAYS = [
    (0, "Monday"),
    (1, "Tuesday"),
    (2, "Wednesday"),
    (3, "Thursday"),
    (4, "Friday"),
    (5, "Saturday"),
    (6, "Sunday"),
]


class Technician(models.Model):
    """One of a contractor's people. The branch is the contractor's: a composite key says so."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    contractor = models.ForeignKey(
        Contractor, on_delete=models.PROTECT, related_name="technicians", db_constraint=False
    )
    branch = models.ForeignKey(
        Branch,
        on_delete=models.PROTECT,
        related_name="technicians",
        db_constraint=False,
        editable=False,
    )
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)
    base_latitude = models.FloatField(
        null=True, blank=True, help_text="Where the day begins. Empty: at the contractor's base."
    )
    base_longitude = models.FloatField(null=True, blank=True)

    objects = TechnicianQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["id", "branch"], name="network_technician_id_with_branch"
            ),
            models.UniqueConstraint(
                fields=["id", "contractor"], name="network_technician_id_with_contractor"
            ),
            models.CheckConstraint(
                name="network_technician_base_is_whole",
                condition=models.Q(base_latitude__isnull=True, base_longitude__isnull=True)
                | models.Q(
                    base_latitude__isnull=False,
                    base_longitude__isnull=False,
                    base_latitude__range=(-90, 90),
                    base_longitude__range=(-180, 180),
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        if self.branch_id is None:
            self.branch_id = self.contractor.branch_id
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class TechnicianSkill(models.Model):
    """A technician's level in a skill, and the certificate behind it where there is one.

    The contractor stands beside it so that one index answers "whose people have this skill"; the
    database fills it in, and a composite key keeps it the technician's.
    """

    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(
        Skill, on_delete=models.PROTECT, related_name="technician_skills", db_index=False
    )
    contractor = models.ForeignKey(
        Contractor,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    level = models.PositiveSmallIntegerField(choices=LEVELS, default=2)
    certificate_number = models.CharField(max_length=60, blank=True)
    expires_on = models.DateField(
        null=True, blank=True, help_text="The skill counts through the end of this day."
    )

    class Meta:
        indexes = [
            models.Index(fields=["skill", "contractor"], name="network_technicianskill_whose")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["technician", "skill"],
                name="network_technicianskill_once_per_pair",
                include=["level", "expires_on"],
            ),
            models.CheckConstraint(
                name="network_technicianskill_level_1_to_3",
                condition=models.Q(level__range=(1, 3)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.technician}: {self.skill} at level {self.level}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.contractor_id is None:
            self.contractor_id = self.technician.contractor_id
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class WorkingHours(models.Model):
    """A weekly stretch of working time, in the branch's time zone.

    ``ends`` at or before ``starts`` means that it runs into the next day; 00:00–00:00 is the whole
    day.
    """

    technician = models.ForeignKey(
        Technician, on_delete=models.CASCADE, related_name="working_hours"
    )
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["technician", "weekday", "starts"]
        verbose_name_plural = "working hours"
        constraints = [
            models.UniqueConstraint(
                fields=["technician", "weekday", "starts"],
                name="network_workinghours_once_per_start",
            ),
            models.CheckConstraint(
                name="network_workinghours_weekday_monday_is_0",
                condition=models.Q(weekday__range=(0, 6)),
            ),
        ]

    def __str__(self) -> str:
        day = dict(WEEKDAYS).get(self.weekday, str(self.weekday))
        return f"{day} {self.starts:%H:%M}–{self.ends:%H:%M}"
