"""Files from outside: what is recognised, cleaned, refused, and how it is handed out."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from PIL import Image
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from network import uploads
from network.errors import NetworkError
from network.uploads import bounded_uploads, check_upload, keep_file, refuse_oversized


def picture(format_name: str = "JPEG", size: tuple[int, int] = (60, 40), **save) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, format_name, **save)
    return out.getvalue()


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif.tobytes())


def pdf(**changes) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(changes.get("pages", 1)):
        writer.add_blank_page(200, 200)
    if changes.get("script"):
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject("app.alert(1)"),
            }
        )
    if changes.get("attachment"):
        writer.add_attachment("a.exe", b"MZ")
    if changes.get("opens"):
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject("/S"): NameObject("/Launch")}
        )
    if changes.get("password"):
        writer.encrypt("x")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def upload(content: bytes, name: str = "paper.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def test_a_picture_is_drawn_anew_upright_and_without_its_metadata() -> None:
    raw = with_exif()
    assert b"SecretPhone" in raw
    checked = check_upload(upload(raw, "..\\..\\Kitchen <photo>.pdf"))
    assert checked.content_type == "image/jpeg"
    assert checked.name == "Kitchen _photo_.jpg"
    assert b"SecretPhone" not in checked.content
    with Image.open(BytesIO(checked.content)) as image:
        assert dict(image.getexif()) == {}
        assert image.size == (40, 60)


def test_what_hides_behind_a_picture_is_dropped() -> None:
    checked = check_upload(upload(picture("PNG") + b"<script>alert(1)</script>"))
    assert (checked.content_type, checked.name) == ("image/png", "paper.png")
    assert b"<script>" not in checked.content


def test_webp_becomes_jpeg() -> None:
    assert check_upload(upload(picture("WEBP"))).content_type == "image/jpeg"


def test_a_plain_pdf_is_kept_as_it_is() -> None:
    content = pdf()
    checked = check_upload(upload(content, "Insurance 2027.exe"))
    assert checked.content == content
    assert (checked.content_type, checked.name) == ("application/pdf", "Insurance 2027.pdf")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<!doctype html><script>alert(1)</script>", "unknown-kind"),
        (b"<html>%PDF-1.7", "unknown-kind"),
        (b"GIF89a" + b"0" * 50, "unknown-kind"),
        (b"MZ" + b"0" * 50, "unknown-kind"),
        (b"%PDF-1.7 <html><script>alert(1)</script>", "broken"),
        (picture()[:200], "broken"),
        (b"\xff\xd8\xff" + b"0" * 100, "broken"),
        (pdf(password=True), "locked"),
        (pdf(script=True), "runs"),
        (pdf(attachment=True), "runs"),
        (pdf(opens=True), "runs"),
        (pdf(pages=201), "too-many-pages"),
    ],
)
def test_what_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(NetworkError) as refusal:
        check_upload(upload(content))
    assert (refusal.value.code, refusal.value.field) == (code, "file")


def test_too_many_pixels_and_too_many_bytes(monkeypatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_PIXELS", 60 * 40 - 1)
    with pytest.raises(NetworkError) as refusal:
        check_upload(upload(picture()))
    assert refusal.value.code == "too-many-pixels"
    monkeypatch.setattr(uploads, "LARGEST_BYTES", 100)
    with pytest.raises(NetworkError) as refusal:
        check_upload(upload(b"%PDF-" + b"0" * 96))
    assert refusal.value.code == "too-large"
    lying = upload(b"%PDF-" + b"0" * 200)
    lying.size = 5  # type: ignore[misc]
    with pytest.raises(NetworkError) as refusal:
        check_upload(lying)
    assert refusal.value.code == "too-large"


def test_a_file_is_kept_under_a_random_name(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    checked = check_upload(upload(pdf(), "harold.pdf"))
    one, two = keep_file(checked), keep_file(checked)
    assert one != two
    assert "harold" not in one
    assert (tmp_path / one).read_bytes() == checked.content


class TestHugeRequest:
    @pytest.fixture
    def seen(self) -> dict:
        return {}

    @pytest.fixture
    def view(self, seen):
        @bounded_uploads
        def take(request: HttpRequest) -> HttpResponse:
            seen["number"] = request.POST.get("number")
            seen["files"] = list(request.FILES)
            refuse_oversized(request)
            return HttpResponse("ok")

        return take

    def post(self, view, content: bytes) -> HttpResponse:
        request = RequestFactory().post(
            "/", {"number": "7", "file": SimpleUploadedFile("a.pdf", content)}
        )
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return view(request)

    def test_a_small_file_arrives(self, view, seen) -> None:
        assert self.post(view, pdf()).content == b"ok"
        assert seen == {"number": "7", "files": ["file"]}

    def test_a_huge_one_is_dropped_while_it_arrives_and_the_form_is_kept(
        self, view, seen, monkeypatch
    ) -> None:
        monkeypatch.setattr(uploads, "LARGEST_BYTES", 200_000)
        with pytest.raises(NetworkError) as refusal:
            self.post(view, b"%PDF-" + b"0" * 900_000)
        assert refusal.value.code == "too-large"
        assert seen == {"number": "7", "files": []}

    @pytest.mark.django_db
    def test_the_csrf_check_still_holds(self, view) -> None:
        request = RequestFactory().post("/", {"number": "7"})
        assert view(request).status_code == 403
