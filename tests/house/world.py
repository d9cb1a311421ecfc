"""Two branches with the people who use them, for tests that ask who may open what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from network.models import Branch, BranchStaff, Contractor, ContractorUser, User
from network.models.branch import StaffRole
from network.models.contractor import ContractorStatus

ROLES = ("anonymous", "dispatcher", "contractor", "admin", "other_dispatcher", "other_contractor")


@dataclass
class World:
    """A branch, another branch, and one user per role (None is nobody signed in)."""

    branch: Branch
    other_branch: Branch
    contractor: Contractor
    other_contractor: Contractor
    users: dict[str, User | None]


def make_world() -> World:
    """Save and return the world."""
    branch = make_branch("boston", "BOS")
    other = make_branch("denver", "DEN")
    contractor = make_contractor(branch, "Harold")
    rival = make_contractor(other, "Rita")
    users: dict[str, User | None] = {
        "anonymous": None,
        "dispatcher": make_staff(branch, "dispatcher@boston.example", StaffRole.DISPATCHER),
        "contractor": make_contractor_user(contractor, "harold@boston.example"),
        "admin": User.objects.create_superuser("admin@boston.example", "pw", name="Ada Admin"),
        "other_dispatcher": make_staff(other, "dispatcher@denver.example", StaffRole.DISPATCHER),
        "other_contractor": make_contractor_user(rival, "rita@denver.example"),
    }
    return World(branch, other, contractor, rival, users)


def make_branch(slug: str, prefix: str) -> Branch:
    return Branch.objects.create(
        slug=slug,
        name=slug.title(),
        time_zone="America/New_York",
        currency="USD",
        distance_unit="mi",
        reference_prefix=prefix,
        latitude=42.36,
        longitude=-71.06,
        service_radius_km=60,
    )


def make_contractor(branch: Branch, name: str) -> Contractor:
    return Contractor.objects.create(
        branch=branch,
        name=name,
        email=f"{name.lower()}@example.org",
        phone="+1 617 555 0100",
        status=ContractorStatus.ACTIVE,
        cleared_until=date(2099, 1, 1),
        base_latitude=42.35,
        base_longitude=-71.08,
        call_out_fee=50,
        hourly_rate=80,
        joined_on=date(2020, 1, 1),
    )


def make_staff(branch: Branch, email: str, role: str) -> User:
    user = User.objects.create_user(email, "pw", name=email.partition("@")[0].title())
    BranchStaff.objects.create(user=user, branch=branch, role=role)
    return user


def make_contractor_user(contractor: Contractor, email: str) -> User:
    user = User.objects.create_user(email, "pw", name=contractor.name)
    ContractorUser.objects.create(user=user, contractor=contractor)
    return user
