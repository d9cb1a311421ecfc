"""The specimen renders, and holds to the rules of docs/look.md."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from tests.look import specimen

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATE_DIRS = [Path(settings.BASE_DIR) / "templates"]
for app in ("jobs", "portal", "network", "ranking"):
    TEMPLATE_DIRS.append(Path(settings.BASE_DIR) / app / "templates")
TEMPLATES = sorted(file for folder in TEMPLATE_DIRS for file in folder.rglob("*.html"))


@pytest.fixture
def site(settings, client, db):
    settings.ROOT_URLCONF = "tests.look.specimen"
    settings.TEMPLATES = specimen.TEMPLATES
    return client


@pytest.mark.parametrize("url", ["/console/", "/console/?scaled=1", "/portal/offers"])
def test_pages_render_without_style_attributes_or_inline_scripts(site, url):
    html = site.get(url).content.decode()
    assert not re.search(r"\sstyle=", html)
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*\bsrc=|[^>]*application/json)", html)
    assert not re.search(r"\son[a-z]+=", html)


def test_a_scaled_clock_is_said_on_the_page_and_given_to_the_scripts(site):
    html = site.get("/console/?scaled=1").content.decode()
    assert "Demo clock: time runs 60 times as fast" in html
    assert 'data-scale="60.0"' in html
    assert "Demo clock" not in site.get("/console/").content.decode()


def icons_of_the_sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))


def icons_named_in_code() -> set[str]:
    from network.templatetags import firstcall

    named = {spec[1] for spec in firstcall.JOB_STATES.values()}
    named |= {spec[1] for spec in firstcall.OFFER_STATES.values()}
    named |= {spec[1] for spec in firstcall.ESCALATIONS.values()}
    return named


def test_every_icon_named_in_a_template_is_in_the_sprite():
    named = icons_named_in_code()
    for file in TEMPLATES:
        text = file.read_text()
        named |= set(re.findall(r'{%\s*icon "([^"]+)"', text))
        named |= set(re.findall(r'\bicon="([^"]+)"', text))
        named |= set(re.findall(r'icon\|default:"([^"]+)"', text))
    assert len(named) > 20
    assert named - icons_of_the_sprite() == set()


def test_no_template_breaks_the_content_security_policy():
    """Blocks of data are no scripts: the policy lets them stand."""
    wrong = [
        f"{file.name}: {match}"
        for file in TEMPLATES
        for match in re.findall(
            r"\sstyle=|<style|\son(?:click|change|load|submit|input)=|hx-on|<script(?![^>]*\bsrc=|[^>]*application/json)",
            re.sub(r"{% comment %}.*?{% endcomment %}", "", file.read_text(), flags=re.S),
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_every_template_compiles(file, settings):
    folder = next(folder for folder in TEMPLATE_DIRS if folder in file.parents)
    get_template(str(file.relative_to(folder)))


def test_every_vendored_library_has_its_version_and_licence():
    folders = [folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir()]
    assert len(folders) >= 5
    for folder in folders:
        assert re.search(r"-\d+\.\d+\.\d+$", folder.name), folder.name
        assert any(folder.glob("LICEN*")), folder.name
        for file in folder.rglob("*.[jc]s*"):
            assert "sourceMappingURL" not in file.read_text(), file


def test_no_sheet_or_script_asks_another_host():
    for file in [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]:
        assert not re.search(r"https?://", file.read_text()), file


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [("/nowhere", 404, "There is nothing here"), ("/broken", 500, "went wrong on our side")],
)
def test_error_pages_say_what_happened(site, url, status, words):
    site.raise_request_exception = False
    answer = site.get(url)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_a_page_too_old_to_be_trusted_says_so(settings, db):
    from django.test import Client

    settings.ROOT_URLCONF = "tests.look.specimen"
    answer = Client(enforce_csrf_checks=True).post(
        "/accounts/login/", {"login": "a", "password": "b"}
    )
    assert answer.status_code == 403
    assert "Please do that once more" in answer.content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/password/reset/key/1-bad/",
        "/accounts/password/reset/key/done/",
    ],
)
def test_account_pages_stand_in_our_frame(site, url):
    html = site.get(url).content.decode()
    assert "css/account.css" in html
    assert "Menu:" not in html


@pytest.mark.parametrize(
    "url",
    [
        "/accounts/logout/",
        "/accounts/password/change/",
        "/accounts/email/",
        "/accounts/reauthenticate/",
        "/admin/",
    ],
)
def test_pages_of_ones_own_account_render(site, url, admin_user):
    site.force_login(admin_user)
    answer = site.get(url, follow=True)
    assert answer.status_code == 200
    assert "favicon.svg" in answer.content.decode()


def test_a_wrong_password_is_said_at_the_form(site):
    answer = site.post("/accounts/login/", {"login": "a@example.org", "password": "wrong-one"})
    html = answer.content.decode()
    assert 'role="alert"' in html
    assert 'value="a@example.org"' in html
