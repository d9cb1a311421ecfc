"""Who may look around in the demo. These passwords are printed: never for production."""

from __future__ import annotations

from dataclasses import dataclass

from network.models import Branch, BranchStaff, Contractor, ContractorUser, User
from network.models.branch import StaffRole


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One printed login; ``role`` is dispatcher, admin or contractor."""

    role: str
    name: str
    email: str
    password: str


_DISPATCHER = DemoAccount("dispatcher", "Dana Reyes", "dana@firstcall.example", "dana-demo-5821")
_ADMIN = DemoAccount("admin", "Alex Morgan", "alex@firstcall.example", "alex-demo-9374")
_CONTRACTORS = (
    DemoAccount("contractor", "Harold", "harold@firstcall.example", "harold-demo-4406"),
    DemoAccount("contractor", "Lisa", "lisa@firstcall.example", "lisa-demo-7153"),
    DemoAccount("contractor", "James", "james@firstcall.example", "james-demo-2698"),
)


def demo_accounts() -> list[DemoAccount]:
    """The logins of the sample branch, as they are when it is loaded."""
    return [_DISPATCHER, _ADMIN, *_CONTRACTORS]


def create_accounts(*, branch: Branch, contractors: list[Contractor]) -> User:
    """Give the demo's people their logins; returns the dispatcher.

    ``contractors`` are Harold, Lisa and James, known by their e-mail addresses. A user who is
    there already keeps name, password and rights.
    """
    dispatcher = _user(_DISPATCHER)
    BranchStaff.objects.get_or_create(
        user=dispatcher, branch=branch, defaults={"role": StaffRole.DISPATCHER}
    )
    admin = _user(_ADMIN, is_staff=True, is_superuser=True)
    BranchStaff.objects.get_or_create(user=admin, branch=branch, defaults={"role": StaffRole.ADMIN})
    by_email = {contractor.email: contractor for contractor in contractors}
    for account in _CONTRACTORS:
        ContractorUser.objects.get_or_create(
            user=_user(account), contractor=by_email[account.email]
        )
    return dispatcher


def _user(account: DemoAccount, **rights: bool) -> User:
    found = User.objects.filter(email=account.email).first()
    return found or User.objects.create_user(
        account.email, account.password, name=account.name, **rights
    )
