"""Finds a branch's contractors, papers and invitations, or answers 404."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from jobs.console.access import BranchRequest
from network.models import Contractor, Document, Invitation


def find_contractor(request: BranchRequest, key: UUID) -> Contractor:
    """The contractor of this branch. Raises Http404."""
    found = (
        Contractor.objects.for_branch(request.branch)
        .filter(public_id=key)
        .select_related("territory", "scorecard", "application")
        .first()
    )
    if found is None:
        raise Http404("There is no such contractor in this branch.")
    found.branch = request.branch
    return found


def find_document(request: BranchRequest, key: UUID) -> Document:
    """The paper of a contractor of this branch. Raises Http404."""
    found = (
        Document.objects.for_branch(request.branch)
        .filter(public_id=key)
        .select_related("contractor__branch", "requirement", "skill", "technician")
        .first()
    )
    if found is None:
        raise Http404("There is no such paper in this branch.")
    return found


def find_invitation_of(request: BranchRequest, key: UUID) -> Invitation:
    """The invitation of this branch. Raises Http404."""
    found = Invitation.objects.for_branch(request.branch).filter(public_id=key).first()
    if found is None:
        raise Http404("There is no such invitation in this branch.")
    return found


def first_or_404(found: QuerySet[Any], words: str) -> Any:
    one = found.first()
    if one is None:
        raise Http404(words)
    return one
