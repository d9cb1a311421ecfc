"""What the pages about contractors open: an applicant, a paper, a request, an invitation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from network.clock import app_now
from network.models import (
    Application,
    Branch,
    Contractor,
    Document,
    DocumentRequest,
    Invitation,
    Requirement,
)
from tests.jobs.world import START, make_contractor


@dataclass
class Office:
    """One of each; ``paper`` waits and has no file any more."""

    applicant: Contractor
    paper: Document
    request: DocumentRequest
    invitation: Invitation


def make_office(branch: Branch, contractor: Contractor) -> Office:
    """Save them; nothing of it stands in the way of work."""
    applicant = make_contractor(branch, "Ada", status="applicant", cleared_until=None)
    Application.objects.create(contractor=applicant, state="submitted", submitted_at=START)
    visa = Requirement.objects.create(
        branch=branch, name="Visa", kind="other", required_from=date(2030, 1, 1), active=False
    )
    return Office(
        applicant=applicant,
        paper=Document.objects.create(
            contractor=contractor,
            requirement=visa,
            kind="other",
            file_name="papers/nothing.pdf",
            original_name="visa.pdf",
            content_type="application/pdf",
            size_bytes=1,
        ),
        request=DocumentRequest.objects.create(contractor=contractor, requirement=visa),
        invitation=Invitation.objects.create(
            branch=branch,
            email="new@pipe.example",
            token_hash="0" * 64,
            expires_at=app_now() + timedelta(days=30),
        ),
    )
