"""Reads of the network, as chainable query sets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from network.models import Branch, User


class BranchQuerySet(models.QuerySet[Any]):
    """Branches."""

    def for_user(self, user: User) -> Self:
        """The branches in which the user is staff: every one for a superuser."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(staff__user=user)


class BranchStaffQuerySet(models.QuerySet[Any]):
    """Roles of users in branches."""

    def for_user(self, user: User) -> Self:
        """The user's own roles. A superuser needs none: see ``Branch.objects.for_user``."""
        return self.filter(user=user, user__is_active=True).select_related("branch")


class InBranchQuerySet(models.QuerySet[Any]):
    """Anything that belongs to one branch."""

    def for_branch(self, branch: Branch | int) -> Self:
        return self.filter(branch_id=getattr(branch, "pk", branch))


class ContractorQuerySet(InBranchQuerySet):
    """Contractors."""

    def active(self) -> Self:
        return self.filter(status="active")

    def paused(self, *, at: datetime) -> Self:
        """Active ones who have paused their offers beyond ``at``."""
        return self.active().filter(paused_until__gt=at)

    def askable(self, *, at: datetime) -> Self:
        """Active ones who may be offered work at ``at``, clearance aside."""
        return self.active().exclude(paused_until__gt=at)


class ContractorUserQuerySet(models.QuerySet[Any]):
    """Who may act for which contractor."""

    def for_user(self, user: User) -> Self:
        return (
            self.filter(user=user, user__is_active=True)
            .exclude(technician__active=False)
            .select_related("contractor__branch")
        )


class TechnicianQuerySet(InBranchQuerySet):
    """Technicians."""

    def active(self) -> Self:
        return self.filter(active=True)

    def of_contractor(self, contractor_id: int) -> Self:
        return self.filter(contractor_id=contractor_id)


class CalendarEntryQuerySet(InBranchQuerySet):
    """Taken stretches of technicians' time."""

    def between(self, start: datetime, end: datetime) -> Self:
        """Those that share any time with the span from ``start`` up to ``end``."""
        return self.filter(period__overlap=(start, end))

    def for_technicians(self, technician_ids: list[int]) -> Self:
        return self.filter(technician_id__in=technician_ids)

    def time_off(self) -> Self:
        return self.filter(kind="time_off")


class DocumentQuerySet(models.QuerySet[Any]):
    """Papers that contractors handed in."""

    def for_branch(self, branch: Branch | int) -> Self:
        return self.filter(contractor__branch_id=getattr(branch, "pk", branch))

    def to_review(self) -> Self:
        """Those that wait, the oldest first."""
        return self.filter(state="submitted").order_by("submitted_at", "id")

    def of_members(self) -> Self:
        """Without those of applicants, which are looked at with the application, and of leavers."""
        return self.exclude(contractor__status__in=["applicant", "left"])

    def current(self) -> Self:
        """Approved and waiting ones: what a contractor's page shows."""
        return self.filter(state__in=["approved", "submitted", "rejected"])


class DocumentRequestQuerySet(models.QuerySet[Any]):
    """Papers that staff asked for."""

    def open(self) -> Self:
        """Not taken back, and not handed in since: neither waiting for review nor approved."""
        requirement = self.model._meta.get_field("requirement").related_model
        document = requirement._meta.get_field("documents").related_model
        handed_in = document.objects.filter(
            contractor=models.OuterRef("contractor"),
            requirement=models.OuterRef("requirement"),
            state__in=["submitted", "approved"],
            submitted_at__gte=models.OuterRef("asked_at"),
        )
        return self.filter(closed_at__isnull=True).exclude(models.Exists(handed_in))


class ExpiryWarningQuerySet(models.QuerySet[Any]):
    """Warnings before papers expire."""

    def due(self, *, at: datetime) -> Self:
        """Those to be given by ``at``, branch-local: of papers that still count and have no heir.

        A paper with a newer approved one for the same thing is no cause for worry, nor is one of a
        contractor who has left.
        """
        newer = self.model._meta.get_field("document").related_model.objects.filter(
            models.Q(requirement=models.OuterRef("document__requirement"))
            | models.Q(
                requirement__isnull=True,
                technician=models.OuterRef("document__technician"),
                skill=models.OuterRef("document__skill"),
            ),
            models.Q(expires_on__isnull=True)
            | models.Q(expires_on__gt=models.OuterRef("document__expires_on")),
            contractor=models.OuterRef("document__contractor"),
            state="approved",
        )
        return (
            # East of everywhere it is the next day already; the exact local day is asked below.
            self.filter(sent_at__isnull=True, due_on__lte=(at + timedelta(days=1)).date())
            .annotate(
                local_day=models.Func(
                    models.F("document__contractor__branch__time_zone"),
                    models.Value(at),
                    function="timezone",
                    output_field=models.DateTimeField(),
                )
            )
            .alias(
                is_due=models.ExpressionWrapper(
                    models.Q(due_on__lte=Cast("local_day", models.DateField())),
                    output_field=models.BooleanField(),
                )
            )
            .filter(is_due=True, document__state="approved")
            .exclude(document__contractor__status="left")
            .exclude(models.Exists(newer))
        )


class InvitationQuerySet(InBranchQuerySet):
    """Invitations, by the state that ``Invitation.state`` tells."""

    def unanswered(self) -> Self:
        return self.filter(registered_at__isnull=True, revoked_at__isnull=True)

    def working(self, *, at: datetime) -> Self:
        """Sent or opened, and not expired."""
        return self.unanswered().filter(expires_at__gt=at)

    def expired(self, *, at: datetime) -> Self:
        return self.unanswered().filter(expires_at__lte=at)

    def registered(self) -> Self:
        return self.filter(registered_at__isnull=False)


class ApplicationQuerySet(models.QuerySet[Any]):
    """Applications."""

    def for_branch(self, branch: Branch | int) -> Self:
        return self.filter(contractor__branch_id=getattr(branch, "pk", branch))

    def to_review(self) -> Self:
        """Those that wait for staff, the longest waiting first."""
        return self.filter(state="submitted").order_by("submitted_at", "id")
