"""What a business is called, who speaks for it, and where its day begins."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from network.errors import NetworkError
from network.geo import lookup_zip
from network.models import Application, Contractor, ContractorStatus, Technician, User
from network.services.history import note_event
from network.zip_index import nearest_zip

_EXTENSION = re.compile(
    r"^(?P<number>.*?)\s*(?:x|ext\.?|extension)\s*(?P<extension>\d{1,6})$", re.I
)
SAYS_FIRM = "is_firm"
"""Key of ``Application.data``: several people work there, though not all are named yet."""


def tidy_phone(text: str) -> str | None:
    """A telephone number as it is written here, as in ``(617) 555-0123``; None for what is none.

    Numbers of other countries keep their ``+`` and digits.
    """
    text = text.strip()
    extension = ""
    if match := _EXTENSION.match(text):
        text, extension = match["number"], f" ext. {match['extension']}"
    if not re.fullmatch(r"\+?[\d\s().\-/]{7,31}", text):
        return None
    digits = re.sub(r"\D", "", text)
    if text.startswith("+") and not digits.startswith("1"):
        return f"+{digits}{extension}" if 8 <= len(digits) <= 15 else None
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != 10 or digits[0] in "01":
        return None
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}{extension}"


@transaction.atomic
def set_business(
    *,
    contractor_id: int,
    user_id: int,
    name: str,
    person: str,
    phone: str,
    email: str,
    postcode: str,
    is_firm: bool | None = None,
) -> Contractor:
    """Write name, contact and base; ``person`` is the name of the user who says so.

    A contractor without anybody gets the person as its first technician: the sole trader, or the
    first of a firm. A base that lies in ``postcode`` already stays where it is. ``is_firm`` is
    remembered with an application; None leaves it. Raises NetworkError (with its field) for a
    missing name, a bad number, address or ZIP, and an address that another firm of the branch has.
    """
    name, person, email = name.strip()[:120], person.strip()[:120], email.strip().lower()
    if not name:
        raise NetworkError("no-name", "Give the name of the business.", "name")
    if not person:
        raise NetworkError("no-person", "Give your name.", "person")
    tidy = tidy_phone(phone)
    if tidy is None:
        raise NetworkError("bad-phone", "Give a telephone number with its area code.", "phone")
    try:
        validate_email(email)
    except ValidationError as error:
        raise NetworkError("bad-email", "Give an e-mail address.", "email") from error
    place = lookup_zip(postcode)
    if place is None:
        raise NetworkError(
            "unknown-zip", f"“{postcode[:20]}” is not a US ZIP code of five digits.", "postcode"
        )
    contractor = (
        Contractor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("branch")
        .get(pk=contractor_id)
    )
    taken = (
        Contractor.objects.for_branch(contractor.branch_id)
        .filter(email__iexact=email)
        .exclude(pk=contractor_id)
        .exclude(status=ContractorStatus.LEFT)
    )
    if email != contractor.email.lower() and taken.exists():
        raise NetworkError("known", "Another firm of the branch has this e-mail address.", "email")
    before = {
        "name": contractor.name,
        "phone": contractor.phone,
        "email": contractor.email,
    }
    contractor.name, contractor.phone, contractor.email = name, tidy, email
    if nearest_zip(contractor.base_latitude, contractor.base_longitude) != place.zip:
        before["base"] = f"{contractor.base_latitude:.5f}, {contractor.base_longitude:.5f}"
        contractor.base_latitude, contractor.base_longitude = place.latitude, place.longitude
    contractor.save(update_fields=["name", "phone", "email", "base_latitude", "base_longitude"])
    User.objects.filter(pk=user_id).exclude(name=person).update(name=person)
    if not Technician.objects.of_contractor(contractor_id).exists():
        Technician.objects.create(contractor=contractor, branch=contractor.branch, name=person)
    if is_firm is not None:
        application = Application.objects.filter(contractor=contractor).first()
        if application is not None and application.data.get(SAYS_FIRM) != is_firm:
            application.data = {**application.data, SAYS_FIRM: is_firm}
            application.save(update_fields=["data"])
    after = {"name": name, "phone": tidy, "email": email}
    if "base" in before or any(before[key] != value for key, value in after.items()):
        note_event(
            contractor_id=contractor_id,
            action="business-changed",
            actor_id=user_id,
            data={"before": before},
        )
    return contractor
