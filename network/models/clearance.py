"""Papers: what a branch asks for, what contractors hand in, and when they are reminded."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from network.clock import AppNow
from network.ids import uuid7
from network.models.branch import Branch
from network.models.contractor import Contractor
from network.models.skill import ServiceType, Skill
from network.models.technician import Technician
from network.querysets import DocumentQuerySet, ExpiryWarningQuerySet, InBranchQuerySet


class DocumentKind(models.TextChoices):
    INSURANCE = "insurance", "insurance"
    LICENCE = "licence", "licence"
    BACKGROUND_CHECK = "background_check", "background check"
    CERTIFICATE = "certificate", "certificate of a skill"
    OTHER = "other", "other paper"


class Requirement(models.Model):
    """A paper that work needs: all of a branch's, that of one skill, or that of one service type.

    One of the branch decides ``Contractor.cleared_until``; one of a skill or service type stands in
    the way of that work only.
    """

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="requirements")
    name = models.CharField(max_length=120, help_text="As in “Liability insurance”.")
    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    skill = models.ForeignKey(
        Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="requirements"
    )
    service_type = models.ForeignKey(
        ServiceType, null=True, blank=True, on_delete=models.PROTECT, related_name="requirements"
    )
    required_from = models.DateField(
        help_text="Until the day before, work goes on without it: give firms time to hand it in."
    )
    active = models.BooleanField(default=True)

    objects = InBranchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "name"], name="network_requirement_name_once_per_branch"
            ),
            models.CheckConstraint(
                name="network_requirement_has_one_scope",
                condition=Q(skill__isnull=True) | Q(service_type__isnull=True),
                violation_error_message="Choose a skill or a service type, not both.",
            ),
            models.CheckConstraint(
                name="network_requirement_kind_is_known",
                condition=Q(kind__in=DocumentKind.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_for_all_work(self) -> bool:
        """Whether ``Contractor.cleared_until`` rests on it."""
        return self.skill_id is None and self.service_type_id is None

    def clean(self) -> None:
        super().clean()
        for field, scope in (("skill", self.skill), ("service_type", self.service_type)):
            if scope is not None and scope.branch_id != self.branch_id:
                raise ValidationError({field: "This belongs to another branch."})


class DocumentState(models.TextChoices):
    SUBMITTED = "submitted", "waiting for review"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    REPLACED = "replaced", "replaced by a newer one"  # or taken back before it was looked at


class Document(models.Model):
    """A paper handed in: for a requirement, or for a technician's skill (its certificate).

    It counts through the end of ``expires_on`` (branch-local), without one for good. The file lies
    under a random name and is handed out by ``network.downloads`` only.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    contractor = models.ForeignKey(Contractor, on_delete=models.PROTECT, related_name="documents")
    requirement = models.ForeignKey(
        Requirement, null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )
    technician = models.ForeignKey(
        Technician, null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )
    skill = models.ForeignKey(
        Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    number = models.CharField(max_length=60, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    state = models.CharField(
        max_length=10, choices=DocumentState.choices, default=DocumentState.SUBMITTED
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was rejected.")
    file_name = models.CharField(max_length=200, editable=False)
    original_name = models.CharField(max_length=120, editable=False)
    content_type = models.CharField(max_length=60, editable=False)
    size_bytes = models.PositiveIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    submitted_at = models.DateTimeField(db_default=AppNow(), editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        indexes = [
            models.Index(
                fields=["requirement", "contractor"],
                condition=Q(state="approved"),
                include=["expires_on"],
                name="network_document_approved",
            ),
            models.Index(
                fields=["submitted_at"],
                condition=Q(state="submitted"),
                name="network_document_to_review",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="network_document_is_for_something",
                condition=Q(requirement__isnull=False)
                | Q(skill__isnull=False, technician__isnull=False),
            ),
            models.CheckConstraint(
                name="network_document_kind_is_known",
                condition=Q(kind__in=DocumentKind.values),
            ),
            models.CheckConstraint(
                name="network_document_state_fits_its_review",
                condition=Q(state__in=["submitted", "replaced"], reason="")
                | Q(state="approved", reviewed_at__isnull=False, reason="")
                | (Q(state="rejected", reviewed_at__isnull=False) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement or self.skill} of {self.contractor}, {self.get_state_display()}"


class ExpiryWarning(models.Model):
    """That a paper will expire in so many days has to be said on ``due_on`` (branch-local).

    0 days: that it has ended, to be said on the day after.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="warnings")
    days = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = ExpiryWarningQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=Q(sent_at__isnull=True),
                name="network_expirywarning_due",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "days"], name="network_expirywarning_once_per_threshold"
            )
        ]

    def __str__(self) -> str:
        return f"{self.days} days before {self.document}"
