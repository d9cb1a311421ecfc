"""The person who logs in: known by e-mail address, staff and contractors alike."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class LowercaseEmailField(models.EmailField):
    """An e-mail address that is kept, and looked up, in lower case only."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.strip().lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class UserManager(BaseUserManager["User"]):
    """Makes users from an e-mail address and a password."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save and return a user. Without a password nobody can log in by password.

        Raises ValueError when the address is empty.
        """
        fields.setdefault("is_staff", False)
        fields.setdefault("is_superuser", False)
        if not email or not email.strip():
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save and return a user who may do everything in every branch."""
        fields["is_staff"] = True
        fields["is_superuser"] = True
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username)


class User(AbstractUser):
    """Logs in by e-mail address; what they may see follows from BranchStaff and ContractorUser."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = LowercaseEmailField(
        "e-mail address",
        unique=True,
        error_messages={"unique": "There is already a user with this e-mail address."},
    )
    name = models.CharField(max_length=150, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                name="network_user_email_is_lower_case",
                condition=models.Q(email=Lower("email")),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split()[0] if self.name.strip() else self.email
