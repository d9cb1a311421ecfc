"""The customer's link: no account, one job, revocable.

The address holds a nonce and a signature. The nonce is computed from the row's random seed and the
site's secret key, so that a message can name the link at any time although the database knows only
the nonce's hash: whoever reads the database cannot open a customer's page.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import connection
from django.db.models import F, FilteredRelation, Q
from django.urls import reverse
from django.utils.crypto import salted_hmac

from jobs.errors import NotFound
from jobs.models import Job
from jobs.models.customer import CustomerLink
from jobs.services.transactions import service
from network.openings import Taken

_SALT = "firstcall.customer-link"
#: So long after a job was closed its page can still be opened (domain time, ours).
OPEN_AFTER_CLOSING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link that was issued, and what has become of it."""

    job: Job
    visit: Taken | None
    """The booked visit, as far as another time is asked about."""
    is_revoked: bool
    is_expired: bool

    @property
    def works(self) -> bool:
        return not self.is_revoked and not self.is_expired


def customer_url(job: Job) -> str:
    """The full address of the customer's page, made on first use; '' when staff revoked it."""
    token = customer_token(job) or _first_link(job)
    return _address(token) if token else ""


@dataclass(frozen=True, slots=True)
class LinkState:
    """What staff see of a job's link: the address, '' for none, and whether it was taken away."""

    url: str
    is_revoked: bool


def link_of(job: Job) -> LinkState:
    """The working link without making one, for staff; one query."""
    newest = CustomerLink.objects.filter(job_id=job.pk).order_by("-pk").first()
    if newest is None:
        return LinkState("", False)
    if newest.revoked_at is not None:
        return LinkState("", True)
    token = _token_of(newest)
    return LinkState(_address(token) if token else "", False)


def _address(token: str) -> str:
    return f"{settings.BASE_URL}{reverse('customer:page', args=[token])}"


def customer_token(job: Job) -> str:
    """The token of the job's working link; '' without one. Reads only."""
    link = CustomerLink.objects.filter(job_id=job.pk, revoked_at=None).first()
    return _token_of(link) if link is not None else ""


def _token_of(link: CustomerLink) -> str:
    """Rebuild the token; '' when the secret key it was made with is gone."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        nonce = _nonce(link.seed, key)
        if _hash(nonce) == link.nonce_hash:
            return _signer().sign(nonce)
    return ""


def _nonce(seed: str, key: str) -> str:
    """128 bits as 32 hexadecimal digits."""
    return salted_hmac(_SALT, seed, secret=key, algorithm="sha256").hexdigest()[:32]


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")


def find_link(token: str, *, at: datetime) -> FoundLink | None:
    """What a token opens at ``at``; None for one that was never issued. At most one query."""
    try:
        nonce = _signer().unsign(token)
    except BadSignature:
        return None
    link = (
        CustomerLink.objects.filter(nonce_hash=_hash(nonce))
        .select_related("job__service_type", "job__branch__change_policy", "job__client")
        .annotate(
            live=FilteredRelation("job__bookings", condition=Q(job__bookings__live=True)),
            live_contractor=F("live__contractor_id"),
            live_technician=F("live__technician_id"),
            live_from=F("live__starts_at"),
            live_until=F("live__ends_at"),
        )
        .first()
    )
    if link is None:
        return None
    closed = link.job.closed_at
    return FoundLink(
        job=link.job,
        visit=(
            Taken(link.live_contractor, link.live_technician, link.live_from, link.live_until)
            if link.live_contractor is not None
            else None
        ),
        is_revoked=link.revoked_at is not None,
        is_expired=closed is not None and at >= closed + OPEN_AFTER_CLOSING,
    )


def _insert(job_id: int) -> None:
    seed = secrets.token_hex(16)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_customerlink (job_id, seed, nonce_hash, created_at)"
            " VALUES (%s, %s, %s, app_now()) ON CONFLICT DO NOTHING",
            [job_id, seed, _hash(_nonce(seed, settings.SECRET_KEY))],
        )


@service
def _first_link(job: Job) -> str:
    newest = CustomerLink.objects.filter(job_id=job.pk).order_by("-pk").first()
    if newest is not None:
        if newest.revoked_at is not None:
            return ""  # staff took it away; only they give another
        # Made with a key that is gone: nobody can open it any more.
        _revoke(job.pk)
    _insert(job.pk)
    return customer_token(job)


def _revoke(job_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_customerlink SET revoked_at = app_now()"
            " WHERE job_id = %s AND revoked_at IS NULL",
            [job_id],
        )
        return cursor.rowcount


@service
def revoke_link(*, job_id: int) -> bool:
    """Let the customer's link open nothing any more; whether one worked until now."""
    return _revoke(job_id) > 0


@service
def renew_link(*, job_id: int) -> str:
    """Revoke the link and make another; returns its full address. Raises NotFound."""
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job.")
    _revoke(job_id)
    _insert(job_id)
    return customer_url(job)
