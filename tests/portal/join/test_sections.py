"""A section stands by itself: shown, checked, saved, and refused with everything kept."""

from __future__ import annotations

from typing import Any

import pytest

from network.models import Contractor, Technician, User
from network.services.businesses import tidy_phone
from portal.access import Acting, acting_of
from portal.sections import SECTIONS, SectionRefused, find_section, sections_of_step
from portal.sections.business import Business
from tests.jobs.world import START

TYPED = {
    "business-name": "Harold & Daughter",
    "business-person": "Harold Ames",
    "business-phone": "617.555.0188",
    "business-email": "work@harold.example",
    "business-postcode": "02130",
}


@pytest.fixture
def acting(harold_user: User) -> Acting:
    found = acting_of(harold_user, None)
    assert found is not None
    return found


def bound(acting: Acting, **changes: Any) -> Business:
    typed = {**TYPED, **{f"business-{name}": value for name, value in changes.items()}}
    return Business(acting, now=START, data=typed)


def test_every_section_is_registered_once_and_belongs_to_a_step() -> None:
    keys = [section.key for section in SECTIONS]
    assert len(set(keys)) == len(keys)
    assert all(1 <= section.step <= 5 for section in SECTIONS)
    assert find_section("business") is Business
    with pytest.raises(LookupError):
        find_section("nowhere")


def test_a_login_of_one_technician_states_nothing_for_the_firm(
    acting: Acting, harold: Contractor
) -> None:
    assert Business in sections_of_step(1, acting)
    acting.technician_id = Technician.objects.get(contractor=harold).pk
    assert Business not in sections_of_step(1, acting)


def test_what_is_on_record_is_shown_and_saved_again_unchanged(
    acting: Acting, harold: Contractor
) -> None:
    shown = Business(acting, now=START)
    typed = {f"business-{key}": value for key, value in shown.initial().items()}
    section = Business(acting, now=START, data=typed)
    assert section.is_valid(), section.form.errors
    section.save()
    was = (harold.name, harold.base_latitude, harold.base_longitude)
    harold.refresh_from_db()
    assert (harold.name, harold.base_latitude, harold.base_longitude) == was
    assert not harold.events.filter(action="business-changed").exists()


def test_a_change_is_written_with_its_history(acting: Acting, harold: Contractor) -> None:
    section = bound(acting)
    assert section.is_valid(), section.form.errors
    section.save()
    harold.refresh_from_db()
    acting.user.refresh_from_db()
    assert (harold.name, harold.phone) == ("Harold & Daughter", "(617) 555-0188")
    assert harold.email == "work@harold.example"
    assert acting.user.name == "Harold Ames"
    assert round(harold.base_latitude, 2) == 42.31  # Jamaica Plain
    event = harold.events.get(action="business-changed")
    assert event.data["before"]["name"] == "Harold"
    assert event.actor == acting.user


def test_an_address_of_another_firm_is_refused_at_its_field_and_the_rest_kept(
    acting: Acting, lisa: Contractor
) -> None:
    section = bound(acting, email=lisa.email.upper())
    assert section.is_valid()
    with pytest.raises(SectionRefused):
        section.save()
    assert section.form.errors["email"] == ["Another firm of the branch has this e-mail address."]
    assert section.form["name"].value() == "Harold & Daughter"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": " "}, "name", "Give the name of the business."),
        ({"phone": "call me"}, "phone", "Give a telephone number with its area code"),
        ({"phone": "555-0123"}, "phone", "Give a telephone number with its area code"),
        ({"email": "harold"}, "email", "Give an e-mail address."),
        ({"postcode": "SW1A 1AA"}, "postcode", "“SW1A 1AA” is not a US ZIP code"),
        ({"postcode": "00000"}, "postcode", "“00000” is not a US ZIP code"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    acting: Acting, changes: dict[str, str], field: str, said: str
) -> None:
    section = bound(acting, **changes)
    assert not section.is_valid()
    assert said in section.form.errors[field][0]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("(617) 555-0123", "(617) 555-0123"),
        ("+1 617 555 0123", "(617) 555-0123"),
        ("1-617-555-0123 x 12", "(617) 555-0123 ext. 12"),
        ("+44 20 7946 0958", "+442079460958"),
        ("617-555-012", None),
        ("0617 555 123", None),
        ("617 555 0123; DROP", None),
    ],
)
def test_telephone_numbers_are_written_one_way(typed: str, written: str | None) -> None:
    assert tidy_phone(typed) == written
