"""The wizard as a whole: which branch, leaving and coming back, what is missing, what became."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from network.models import (
    Application,
    Branch,
    Contractor,
    Document,
    Requirement,
    ServiceType,
    Skill,
    Technician,
    User,
)
from network.services.applications import (
    approve_application,
    reject_application,
    send_application_back,
)
from portal.sections import SectionRefused
from portal.sections.documents import Documents
from tests.jobs.world import make_branch, make_user
from tests.network.test_uploads import pdf, upload

BUSINESS = {
    "business-name": "Ann’s Pipes",
    "business-person": "Ann Reyes",
    "business-phone": "(617) 555-0107",
    "business-postcode": "02130",
    "business-crew": "alone",
}
AREA = {"where-kind": "zips", "where-zips": "02130 02131"}
WISHES = {
    "hours-notice": "60",
    "hours-most_jobs_a_day": "4",
    "hours-emergencies": "no",
    "hours-holidays": "no",
}
RATES = {"prices-hourly_rate": "85", "prices-call_out_fee": "40"}


@pytest.fixture
def ann(branch: Branch, service_type: ServiceType) -> User:
    return make_user("ann@example.com")


@pytest.fixture
def page(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def insurance(branch: Branch) -> Requirement:
    return Requirement.objects.create(
        branch=branch, name="Liability insurance", kind="insurance", required_from=date(2026, 1, 1)
    )


def step(number: int) -> str:
    return reverse("portal:join_step", args=[number])


STATUS = "/portal/join/status/"


def send(page: Client, number: int, typed: dict[str, Any], go: str = "next") -> Any:
    return page.post(step(number), {**typed, "go": go})


def skills(branch: Branch) -> dict[str, str]:
    skill = Skill.objects.get(branch=branch)
    person = Technician.objects.get(contractor__name="Ann’s Pipes")
    return {
        f"skills-{person.pk}-shown": str(skill.pk),
        f"skills-{person.pk}-has-{skill.pk}": "1",
        f"skills-{person.pk}-level-{skill.pk}": "3",
    }


def hours() -> dict[str, str]:
    person = Technician.objects.get(contractor__name="Ann’s Pipes")
    return {
        f"hours-{person.pk}-shown": "1",
        f"hours-{person.pk}-0-0-from": "08:00",
        f"hours-{person.pk}-0-0-until": "17:00",
        **WISHES,
    }


def begin(page: Client, **changes: str) -> Any:
    return page.post(reverse("portal:join_start"), {**BUSINESS, **changes})


def fill(page: Client, branch: Branch, until: int = 5) -> None:
    """Steps 1 to ``until``, each leading to the next."""
    assert begin(page).url == step(2)
    for number, typed, leads_to in (
        (2, lambda: skills(branch), step(3)),
        (3, lambda: AREA, step(4)),
        (4, hours, step(5)),
        (5, lambda: RATES, STATUS),
    ):
        if number <= until:
            answer = send(page, number, typed())
            assert answer.status_code == 302, answer.content.decode()
            assert answer.url == leads_to


def test_five_steps_lead_to_sending_and_the_office_decides(page: Client, branch: Branch) -> None:
    fill(page, branch)
    ann = Contractor.objects.get(name="Ann’s Pipes")
    assert ann.status == "applicant"
    assert ann.territory.zips == ["02130", "02131"]
    assert "Send to Greater Boston" in page.get(STATUS).content.decode()
    page.post(reverse("portal:join_submit"))
    assert "It is with Greater Boston" in page.get(STATUS).content.decode()
    assert page.get(step(3)).url == STATUS  # nothing can be changed while it is looked at
    assert page.post(reverse("portal:join_submit")).url == STATUS  # a second tap
    approve_application(contractor_id=ann.pk, actor_id=None)
    text = page.get(STATUS).content.decode()
    assert "You are in, Ann’s Pipes" in text
    assert "What happens next" in text


def test_with_several_branches_the_zip_code_says_which(page: Client, branch: Branch) -> None:
    make_branch("worcester", name="Worcester", latitude=42.2626, longitude=-71.8023)
    make_branch("denver", name="Denver", latitude=39.7392, longitude=-104.9903)
    start = reverse("portal:join_start")
    assert "Where is your business?" in page.get(start).content.decode()
    assert "No branch covers 96815" in page.get(start, {"zip": "96815"}).content.decode()
    assert "is not a US ZIP code" in page.get(start, {"zip": "SW1A"}).content.decode()
    between = page.get(start, {"zip": "01701"}).content.decode()
    assert "Worcester" in between
    assert "Greater Boston" in between
    assert "Denver" not in between
    page.post(start, {**BUSINESS, "zip": "01701", "branch": "worcester"})
    assert Application.objects.get().contractor.branch.slug == "worcester"
    # A branch that does not work there cannot be chosen by hand.
    other = Client()
    other.force_login(make_user("bob@example.com"))
    other.post(start, {**BUSINESS, "zip": "80202", "branch": "boston"})
    assert Application.objects.latest("pk").contractor.branch.slug == "denver"


def test_it_goes_on_where_it_was_left_on_any_device(
    page: Client, ann: User, branch: Branch
) -> None:
    fill(page, branch, until=3)
    assert send(page, 4, hours(), go="leave").url == reverse("portal:join_left")
    other = Client()
    other.force_login(ann)
    assert other.get(reverse("portal:join")).url == step(5)
    assert other.get(step(2)).status_code == 200


def test_a_step_ahead_cannot_be_opened(page: Client, branch: Branch) -> None:
    fill(page, branch, until=2)
    assert page.get(step(5)).url == step(3)
    assert page.get(step(9)).status_code == 404


def test_back_keeps_what_cannot_be_saved_yet(page: Client, branch: Branch) -> None:
    fill(page, branch, until=2)
    half = {"where-kind": "zips", "where-zips": "02130 0213"}
    assert send(page, 3, half, go="to:2").url == step(2)
    text = page.get(step(3)).content.decode()
    assert "02130 0213" in text
    assert "“0213” is not a US ZIP code" in text
    assert "Say where you work." in page.get(STATUS).content.decode()
    refused = send(page, 3, half)
    assert refused.status_code == 422
    assert "everything you typed is still there" in refused.content.decode()
    send(page, 3, AREA)
    assert "0213 " not in page.get(step(3)).content.decode()


def test_sending_names_what_is_missing_and_links_to_its_steps(
    page: Client, branch: Branch, insurance: Requirement
) -> None:
    begin(page)
    answer = page.post(reverse("portal:join_submit"))
    assert answer.status_code == 422
    text = answer.content.decode()
    for sentence in (
        "Choose at least one skill.",
        "Say where you work.",
        "Say when you work.",
        "Give your prices.",
        "Send your liability insurance.",
    ):
        assert sentence in text
    assert f'href="{step(2)}"' in text
    assert Application.objects.get().state == "draft"


def test_a_sole_trader_never_reads_the_word_technician(
    page: Client, branch: Branch, insurance: Requirement
) -> None:
    begin(page)
    pages = [step(1), step(2)]
    send(page, 2, skills(branch))
    send(page, 3, AREA)
    send(page, 4, hours())
    pages += [step(3), step(4), step(5), reverse("portal:join_left"), STATUS]
    for address in pages:
        assert "echnician" not in page.get(address).content.decode(), address
    for number, nonsense in ((2, {}), (3, {"where-kind": "zips"}), (4, {}), (5, {})):
        assert "echnician" not in send(page, number, nonsense).content.decode(), number


def test_what_is_sent_back_says_why_and_where_and_goes_on_there(
    page: Client, branch: Branch
) -> None:
    fill(page, branch)
    page.post(reverse("portal:join_submit"))
    ann = Contractor.objects.get(name="Ann’s Pipes")
    send_application_back(
        contractor_id=ann.pk, reason="Your area is very small.", actor_id=None, steps=[3, 5]
    )
    text = page.get(STATUS).content.decode()
    assert "Your area is very small." in text
    assert "Look at: Where you work, Papers and pay." in text
    assert f'href="{step(3)}"' in text
    assert "Mend: where you work" in text
    assert send(page, 3, {"where-kind": "zips", "where-zips": "02130 02131 02119"}).url == STATUS
    assert "Mend: papers and pay" in page.get(STATUS).content.decode()
    send(page, 5, RATES)
    assert "Mend:" not in page.get(STATUS).content.decode()
    page.post(reverse("portal:join_submit"))
    assert Application.objects.get().state == "submitted"


def test_who_is_turned_down_reads_why_and_may_try_again(page: Client, branch: Branch) -> None:
    fill(page, branch)
    page.post(reverse("portal:join_submit"))
    ann = Contractor.objects.get(name="Ann’s Pipes")
    reject_application(contractor_id=ann.pk, reason="No work there.", actor_id=None)
    text = page.get(STATUS).content.decode()
    assert "No work there." in text
    assert "Apply again" in text
    assert begin(page).url == step(2)
    assert Application.objects.filter(state="draft").count() == 1


def files() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def test_a_file_is_gone_again_when_another_section_of_its_step_is_refused(
    page: Client, branch: Branch, insurance: Requirement, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(page, branch, until=4)
    before = files()
    paper = {
        f"documents-{insurance.pk}-number": "POL-77",
        f"documents-{insurance.pk}-expires_on": "2027-06-30",
    }

    def sent() -> dict[str, Any]:
        return {**RATES, **paper, f"documents-{insurance.pk}-file": upload(pdf())}

    real = Documents.save

    def saved_then_refused(self: Documents) -> None:
        real(self)
        assert files() > before
        raise SectionRefused("Another part could not be saved.")

    monkeypatch.setattr(Documents, "save", saved_then_refused)
    answer = send(page, 5, sent())
    assert answer.status_code == 422
    assert "Only the file has to be chosen again." in answer.content.decode()
    assert files() == before
    assert not Document.objects.exists()
    monkeypatch.setattr(Documents, "save", real)
    assert send(page, 5, sent()).url == STATUS
    assert len(files() - before) == 1


def test_one_applicant_never_reaches_anothers(page: Client, branch: Branch) -> None:
    fill(page, branch, until=3)
    other = Client()
    other.force_login(make_user("bob@example.com"))
    assert other.get(step(2)).url == reverse("portal:join_start")
    assert other.get(STATUS).url == reverse("portal:join_start")
