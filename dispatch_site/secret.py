"""The signing key of a local installation: made once, kept beside its data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def local_secret_key(var: Path) -> str:
    """Return the key in ``var/secret-key``, making it on first use.

    Safe when several processes start at once: whoever links the file first wins and the others
    read it.
    """
    path = var / "secret-key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        draft = var / f".secret-key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(60))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
