"""The organisational unit that owns jobs, contractors, policies and permissions."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from network.phones import e164
from network.public_holidays import is_holiday_calendar
from network.querysets import BranchQuerySet, BranchStaffQuerySet


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless ``name`` is an IANA time zone such as America/New_York."""
    if name not in _known_zones():
        raise ValidationError(f"“{name}” is not an IANA time zone such as America/New_York.")


def validate_holiday_calendar(name: str) -> None:
    """Raise ValidationError unless ``name`` is a calendar of public holidays such as US-MA."""
    if not is_holiday_calendar(name):
        raise ValidationError(f"“{name}” is not a known calendar such as US or US-MA.")


def validate_phone(text: str) -> None:
    """Raise ValidationError unless ``text`` can be dialled: a country's number, no extension."""
    if not e164(text):
        raise ValidationError(
            f"“{text}” is not a number that can be dialled, such as (617) 555-0100 or "
            "+44 20 7946 0100. Leave out extensions."
        )


class DistanceUnit(models.TextChoices):
    MILES = "mi", "miles"
    KILOMETRES = "km", "kilometres"


class Language(models.TextChoices):
    """The languages that messages to contractors and customers are written in."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Español"


class Branch(models.Model):
    """A branch: its time zone counts for working hours, its currency for every amount in it."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(
        max_length=64, default="America/New_York", validators=[validate_time_zone]
    )
    currency = models.CharField(
        max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}\Z", "As in USD.")]
    )
    distance_unit = models.CharField(
        max_length=2, choices=DistanceUnit.choices, default=DistanceUnit.MILES
    )
    reference_prefix = models.CharField(
        max_length=8,
        help_text="Begins every job reference: BOS gives BOS-000123.",
        validators=[RegexValidator(r"^[A-Z0-9]{1,8}\Z", "Capital letters and digits only.")],
    )
    latitude = models.FloatField()
    longitude = models.FloatField()
    service_radius_km = models.FloatField(
        default=60, help_text="A site further from the centre is outside the branch."
    )
    holiday_calendar = models.CharField(
        max_length=10,
        blank=True,
        default="US",
        db_default="US",
        validators=[validate_holiday_calendar],
        help_text="Public holidays by country and part of it: US, US-MA. Empty: none.",
    )
    language = models.CharField(
        max_length=5,
        choices=Language.choices,
        default=Language.ENGLISH,
        db_default="en",
        help_text="Of messages to whoever has chosen no other.",
    )
    phone = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        validators=[validate_phone],
        help_text="Where customers and contractors reach a person, written as they read it: "
        "(617) 555-0100. Empty: they are told to call the office, without a number.",
    )
    is_sample = models.BooleanField(default=False, help_text="Made-up data for looking around.")
    is_simulated = models.BooleanField(default=False, help_text="Made by a simulation.")

    objects = BranchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "branches"
        constraints = [
            models.CheckConstraint(
                name="network_branch_is_on_the_globe",
                condition=models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(
                name="network_branch_radius_is_positive",
                condition=models.Q(service_radius_km__gt=0),
            ),
            models.CheckConstraint(
                name="network_branch_currency_is_three_capitals",
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def phone_url(self) -> str:
        """The address that dials the office; '' without a number that can be dialled."""
        number = e164(self.phone)
        return f"tel:{number}" if number else ""


class StaffRole(models.TextChoices):
    DISPATCHER = "dispatcher", "dispatcher"
    ADMIN = "admin", "admin"


class BranchStaff(models.Model):
    """What a user may do in one branch. Superusers need no row: they see every branch."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="branch_roles"
    )
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="staff")
    role = models.CharField(max_length=12, choices=StaffRole.choices, default=StaffRole.DISPATCHER)

    objects = BranchStaffQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "branch staff"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "branch"], name="network_branchstaff_once_per_branch"
            ),
            models.CheckConstraint(
                name="network_branchstaff_role_is_known",
                condition=models.Q(role__in=StaffRole.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.branch}"
