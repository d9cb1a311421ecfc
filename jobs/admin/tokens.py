"""API tokens: made here, shown once, revoked here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from jobs.models import ApiToken
from jobs.services.tokens import issue_token, revoke_token
from network.admin.access import BranchModelAdmin, own_branch_ids


class NewTokenForm(forms.ModelForm):
    """A token is for one branch or for one contractor."""

    class Meta:
        model = ApiToken
        fields = ["name", "branch", "contractor"]
        help_texts = {
            "name": "What it is for, to know it again.",
            "branch": "For programs that dispatch jobs of this branch …",
            "contractor": "… or for a contractor's own program.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (cleaned.get("branch") is None) == (cleaned.get("contractor") is None):
            raise forms.ValidationError("Choose either a branch or a contractor.")
        return cleaned

    def _post_clean(self) -> None:
        """The row is made by the service; there is no half-made one to check."""


@admin.register(ApiToken)
class ApiTokenAdmin(BranchModelAdmin):
    """Only a token's hash is kept: what is lost cannot be shown again, only replaced."""

    list_display = ["name", "scope", "owner", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["scope", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["branch", "contractor__branch"]
    search_fields = ["name"]
    fields = ["name", "scope", "branch", "contractor", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        own = own_branch_ids(request)
        return ApiToken.objects.filter(Q(branch__in=own) | Q(contractor__branch__in=own))

    def is_own(self, request: HttpRequest, obj: Model | None) -> bool:
        ids = own_branch_ids(request)
        if not isinstance(obj, ApiToken) or obj.pk is None:
            return bool(ids)
        return (obj.branch_id or (obj.contractor and obj.contractor.branch_id)) in ids

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # The list's action needs the permission; a single token is only looked at.
        return obj is None and self.is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # revoked ones stay, to know what once had access

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any):  # type: ignore[no-untyped-def]
        if obj is None:
            kwargs["form"] = NewTokenForm
            kwargs["fields"] = ["name", "branch", "contractor"]
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "branch", "contractor"] if obj is None else self.fields

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: NewTokenForm, change: bool
    ) -> None:
        issued = issue_token(
            branch=form.cleaned_data["branch"],
            contractor=form.cleaned_data["contractor"],
            name=form.cleaned_data["name"],
        )
        obj.pk = issued.token.pk
        obj.scope = issued.token.scope
        self.message_user(
            request,
            f"The token is {issued.text} – copy it now, it is never shown again.",
            messages.WARNING,
        )

    @admin.display(description="for")
    def owner(self, token: ApiToken) -> str:
        return str(token.branch or token.contractor)

    @admin.action(description="Revoke the chosen tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            revoke_token(token_id=token.pk)
        self.message_user(request, "Revoked. Requests with these tokens are refused from now on.")
