"""What technicians can do, and the kinds of work that are sold."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from network.models.branch import Branch
from network.querysets import InBranchQuerySet

LEVELS = [(1, "1 basic"), (2, "2 skilled"), (3, "3 expert")]


class Skill(models.Model):
    """Something a technician can do, at level 1 (basic) to 3 (expert)."""

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="skills")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)

    objects = InBranchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "slug"], name="network_skill_slug_once_per_branch"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServicePriority(models.TextChoices):
    """How urgent this kind of work usually is; a job may be given another priority."""

    EMERGENCY = "emergency", "emergency"
    URGENT = "urgent", "urgent"
    STANDARD = "standard", "standard"
    LOW = "low", "low"


class ServiceType(models.Model):
    """A kind of work: the skills it needs, how long it takes, what it may cost at most."""

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="service_types")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    trade = models.SlugField(max_length=40, help_text="The trade it belongs to, as in plumbing.")
    usual_duration_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    default_priority = models.CharField(
        max_length=10, choices=ServicePriority.choices, default=ServicePriority.STANDARD
    )
    not_to_exceed = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="Usual upper limit for one job, in the branch's currency.",
    )
    active = models.BooleanField(default=True, help_text="Offered for new jobs.")
    skills = models.ManyToManyField(Skill, through="ServiceTypeSkill", related_name="+")

    objects = InBranchQuerySet.as_manager()

    class Meta:
        ordering = ["trade", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "slug"], name="network_servicetype_slug_once_per_branch"
            ),
            models.CheckConstraint(
                name="network_servicetype_duration_5_minutes_to_a_day",
                condition=models.Q(usual_duration_minutes__range=(5, 1440)),
            ),
            models.CheckConstraint(
                name="network_servicetype_limit_is_positive",
                condition=models.Q(not_to_exceed__isnull=True) | models.Q(not_to_exceed__gt=0),
            ),
            models.CheckConstraint(
                name="network_servicetype_priority_is_known",
                condition=models.Q(default_priority__in=ServicePriority.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceTypeSkill(models.Model):
    """A skill that one technician must have, at least at this level, to do the work."""

    service_type = models.ForeignKey(
        ServiceType, on_delete=models.CASCADE, related_name="required_skills"
    )
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="required_by")
    min_level = models.PositiveSmallIntegerField(choices=LEVELS, default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service_type", "skill"], name="network_servicetypeskill_once_per_pair"
            ),
            models.CheckConstraint(
                name="network_servicetypeskill_level_1_to_3",
                condition=models.Q(min_level__range=(1, 3)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_type} needs {self.skill} at level {self.min_level}"
