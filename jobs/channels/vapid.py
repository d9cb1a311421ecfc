"""The key pair by which push services know us (VAPID, RFC 8292)."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings


def private_pem() -> bytes:
    """The private key: of the settings, else the one of this machine, made when first asked for.

    Empty when there is none: production makes no keys by itself, since its machines must share one.
    """
    if settings.VAPID_PRIVATE_KEY:
        return str(settings.VAPID_PRIVATE_KEY).replace("\\n", "\n").encode()
    if settings.PRODUCTION:
        return b""
    return _local(Path(settings.VAR_DIR) / "vapid.pem")


def public_pem() -> bytes:
    """The public key that goes with it, as PEM."""
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def application_server_key() -> str:
    """The public key as browsers want it: the point, base64url without padding. '' without keys."""
    pem = private_pem()
    return _point(pem) if pem else ""


def _key() -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(private_pem(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


@lru_cache(maxsize=4)
def _point(pem: bytes) -> str:
    key = load_pem_private_key(pem, password=None)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).decode().rstrip("=")


def _local(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".vapid-{os.getpid()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    try:
        os.link(scratch, path)  # whoever is first wins; the other reads it
    except FileExistsError:
        pass
    finally:
        scratch.unlink()
    return path.read_bytes()
