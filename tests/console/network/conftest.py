"""The Boston world with a dispatcher, an applicant and ways to make papers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from network.models import Application, Branch, Contractor, Document, Requirement
from network.services.documents import submit_document
from tests.jobs.world import START, make_contractor


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def insurance(branch: Branch) -> Requirement:
    """A paper that is asked of nobody by itself."""
    return Requirement.objects.create(
        branch=branch,
        name="Liability insurance",
        kind="insurance",
        required_from=date(2026, 1, 1),
        active=False,
    )


@pytest.fixture
def apply(branch: Branch, service_type: Any) -> Callable[..., Contractor]:
    """Somebody whose application waits."""

    def make(name: str = "Ada", submitted_at: Any = START, **changes: Any) -> Contractor:
        facts = {"status": "applicant", "cleared_until": None, **changes}
        applicant = make_contractor(branch, name, **facts)
        Application.objects.create(
            contractor=applicant, state="submitted", submitted_at=submitted_at
        )
        return applicant

    return make


def picture() -> SimpleUploadedFile:
    """A small real picture, as a telephone sends it."""
    content = BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, "PNG")
    return SimpleUploadedFile("policy.png", content.getvalue(), content_type="image/png")


@pytest.fixture
def hand_in(insurance: Requirement) -> Callable[..., Document]:
    """A paper that waits for review."""

    def make(contractor: Contractor, **changes: Any) -> Document:
        facts: dict[str, Any] = {
            "requirement_id": insurance.pk,
            "expires_on": date(2027, 6, 30),
            **changes,
        }
        return submit_document(contractor_id=contractor.pk, file=picture(), **facts)

    return make
