"""What every page knows without its view: the domain clock, and whose page it is."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from network import display
from network.clock import ClockInfo, clock_info
from network.models import Application, Branch, BranchStaff, ContractorUser, Document

SESSION_BRANCH = "branch_id"


class Shell:
    """Read lazily and once a request: a fragment that shows none of it costs no query."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _clock(self) -> ClockInfo:
        return clock_info()

    @property
    def now(self) -> Any:
        """Domain time, aware UTC: the same for the whole page."""
        return self._clock.now

    @property
    def now_ms(self) -> int:
        return display.milliseconds(self._clock.now)

    @property
    def scale(self) -> float:
        """Domain seconds in a wall second."""
        return self._clock.scale

    @property
    def is_scaled(self) -> bool:
        return self._clock.is_scaled

    @cached_property
    def _user(self) -> Any:
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def branches(self) -> list[Branch]:
        """The branches in which the user is staff, by name."""
        if self._user is None:
            return []
        return list(Branch.objects.for_user(self._user).order_by("name"))

    @cached_property
    def contractor_user(self) -> ContractorUser | None:
        """The user's contractor, with its branch; None for staff."""
        if self._user is None:
            return None
        return ContractorUser.objects.for_user(self._user).order_by("pk").first()

    @property
    def contractor(self) -> Any:
        return self.contractor_user.contractor if self.contractor_user else None

    @cached_property
    def branch(self) -> Branch | None:
        """The branch of this page: the view's (``request.branch``), else the session's, else the
        first one the user works in, else that of the user's contractor."""
        chosen = getattr(self._request, "branch", None)
        if chosen is not None:
            return chosen
        if self.branches:
            kept = getattr(self._request, "session", {}).get(SESSION_BRANCH)
            return next((item for item in self.branches if item.pk == kept), self.branches[0])
        return self.contractor.branch if self.contractor else None

    @cached_property
    def role(self) -> str:
        """``admin`` or ``dispatcher`` in this branch, ``contractor``, or nothing."""
        if self._user is None:
            return ""
        if self._user.is_superuser:
            return "admin"
        if self.branch is not None and self.branches:
            staff = BranchStaff.objects.for_user(self._user).filter(branch=self.branch).first()
            if staff is not None:
                return str(staff.role)
        return "contractor" if self.contractor_user else ""

    @cached_property
    def waiting_reviews(self) -> int:
        """Applications and papers of this branch that wait for staff."""
        if self.branch is None:
            return 0
        return (
            Application.objects.for_branch(self.branch).to_review().count()
            + Document.objects.for_branch(self.branch).to_review().of_members().count()
        )

    @property
    def may_administer(self) -> bool:
        """Whether Django's admin is worth a link."""
        return bool(self._user and self._user.is_staff)

    @property
    def is_demo(self) -> bool:
        """Whether this is a demo, whose mails are read on a page of its own."""
        return bool(settings.DEMO)

    @property
    def map_tile_url(self) -> str:
        return str(settings.MAP_TILE_URL)

    @property
    def map_attribution(self) -> str:
        return str(settings.MAP_ATTRIBUTION)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``shell``, one object per request."""
    kept = getattr(request, "_firstcall_shell", None)
    if kept is None:
        kept = Shell(request)
        request._firstcall_shell = kept  # type: ignore[attr-defined]
    return {"shell": kept}
