"""What contractors say about how they are told, and notifications in their browsers."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.urls import reverse

from jobs.channels import push, vapid
from jobs.models import Message, MessagePreference, PushSubscription
from jobs.services.preferences import MOST_BROWSERS, notify_browser
from network.models import Contractor
from tests.jobs.steps import offered
from tests.messages.conftest import send_all
from tests.portal.conftest import SECRETS, signed_in

pytestmark = pytest.mark.django_db

PAGE = "portal:messages"
CHOSEN = {"urgent_ways": "sms,email", "other_ways": "email", "language": "es"}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def browser_keys() -> dict[str, str]:
    """Keys as a browser makes them."""
    point = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return {"p256dh": b64(point), "auth": b64(b"sixteen bytes!!!")}


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def harold_client(harold_user):
    return signed_in(harold_user)


def test_what_is_chosen_is_kept_and_counts_for_the_next_message(
    harold_client, trio, make_job, texts
):
    assert harold_client.post(reverse(PAGE), CHOSEN).status_code == 302
    row = MessagePreference.objects.get()
    assert (row.urgent_ways, row.other_ways, row.waits) == (["sms", "email"], ["email"], False)
    assert Contractor.objects.get(pk=trio[0].pk).language == "es"
    offered(make_job())
    send_all()
    assert "Responda antes" in texts[0]["text"]
    page = harold_client.get(reverse("portal:you")).content.decode()
    assert "offers by text, then e-mail" in page


def test_a_wrong_choice_is_said_and_nothing_is_kept(harold_client):
    for wrong in ({}, {**CHOSEN, "urgent_ways": "pigeon"}, {**CHOSEN, "language": "xx"}):
        assert harold_client.post(reverse(PAGE), wrong).status_code == 200
    assert not MessagePreference.objects.exists()


def test_a_browser_is_notified_and_forgotten(harold_client, harold_user):
    keys = {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", **browser_keys()}
    for _ in range(2):
        answer = harold_client.post(reverse("portal:push"), {"do": "add", **keys})
        assert answer.json() == {"on": True}
    row = PushSubscription.objects.get()
    assert row.user == harold_user
    harold_client.post(reverse("portal:push"), {"do": "remove", "id": row.pk})
    assert not PushSubscription.objects.exists()


def test_a_browser_of_somebody_else_cannot_be_forgotten(lisa_user, harold_user):
    row = PushSubscription.objects.create(
        user=harold_user, endpoint="https://fcm.googleapis.com/x", p256dh="k", auth="a"
    )
    signed_in(lisa_user).post(reverse("portal:push"), {"do": "remove", "id": row.pk})
    assert PushSubscription.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    "endpoint",
    ["http://fcm.googleapis.com/x", "https://127.0.0.1/x", "https://evilfcm.googleapis.com.x/",
     "https://notfcm.googleapis.com@10.0.0.1/", "file:///etc/passwd", ""],
)  # fmt: skip
def test_notifications_go_to_known_push_services_only(harold_client, endpoint):
    answer = harold_client.post(
        reverse("portal:push"), {"do": "add", "endpoint": endpoint, **browser_keys()}
    )
    assert answer.status_code == 422
    assert not PushSubscription.objects.exists()


def test_a_user_has_so_many_browsers_and_no_more(harold_user):
    for number in range(MOST_BROWSERS + 2):
        notify_browser(
            user=harold_user,
            endpoint=f"https://fcm.googleapis.com/{number}",
            **browser_keys(),
        )
    kept = PushSubscription.objects.filter(user=harold_user)
    assert kept.count() == MOST_BROWSERS
    assert not kept.filter(endpoint__endswith="/0").exists()


@pytest.fixture
def service(monkeypatch):
    """The browser makers' servers: keeps what was posted, answers as told."""

    class Answer:
        status_code = 201

    asked: list[dict] = []

    def post(self, url, **rest):
        asked.append({"url": url, **rest})
        return Answer

    monkeypatch.setattr(requests.Session, "post", post)
    return asked, Answer


def test_a_notification_says_no_more_than_that_there_is_something(
    trio, make_job, harold_user, service, monkeypatch
):
    asked, _ = service
    plain: list[dict] = []
    original = push.WebPush.get

    def seen(self, message, subscription, **rest):
        plain.append(message)
        return original(self, message, subscription, **rest)

    monkeypatch.setattr(push.WebPush, "get", seen)
    notify_browser(user=harold_user, endpoint="https://fcm.googleapis.com/1", **browser_keys())
    offer = offered(make_job())
    send_all()
    assert plain == [
        {
            "title": "New offer",
            "url": f"/portal/offers/{offer.public_id}/",
            "tag": f"message-{Message.objects.get(channel='push').pk}",
        }
    ]
    said = json.dumps(plain)
    for identifier in (offer.public_id, Message.objects.get(channel="push").pk):
        said = said.replace(str(identifier), "")  # made of any digits
    for secret in (*SECRETS, "Boston", "140"):
        assert secret not in said
    (call,) = asked
    assert call["headers"]["authorization"].startswith(("vapid t=", "WebPush "))
    assert call["headers"]["content-encoding"] == "aes128gcm"
    assert b"New offer" not in call["data"], "it is encrypted for the browser"
    assert Message.objects.get(channel="push").status == "sent"


@pytest.mark.parametrize("status", [404, 410])
def test_an_expired_browser_is_removed_and_stops_no_offer(
    trio, make_job, harold_user, service, status
):
    _asked, answer = service
    answer.status_code = status
    notify_browser(user=harold_user, endpoint="https://fcm.googleapis.com/1", **browser_keys())
    offer = offered(make_job())
    send_all()
    assert not PushSubscription.objects.exists()
    assert Message.objects.get(channel="push").status == "failed"
    offer.refresh_from_db()
    assert offer.status == "pending", "he was told by e-mail"


def test_the_key_is_made_once_and_is_readable_by_nobody_else(settings, tmp_path):
    first = vapid.application_server_key()
    assert len(first) == 87
    assert vapid.application_server_key() == first
    assert (tmp_path / "vapid.pem").stat().st_mode & 0o077 == 0


def test_production_makes_no_key_by_itself(settings):
    settings.PRODUCTION = True
    assert vapid.application_server_key() == ""


def test_the_worker_may_speak_for_the_portal(client):
    answer = client.get(reverse("portal:service_worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert "showNotification" in answer.content.decode()
