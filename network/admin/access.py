"""Who edits the network in the admin: a branch's admins their branch, superusers everything.

The role in the branch is the permission; Django's own permission tables are not asked.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.forms import BaseInlineFormSet, ModelChoiceField
from django.http import HttpRequest

from network.models import Branch, Contractor, StaffRole, Technician


def admin_branches(request: HttpRequest) -> QuerySet[Branch]:
    """The branches that the user administers."""
    user: Any = request.user
    if not user.is_active or not user.is_staff:
        return Branch.objects.none()
    if user.is_superuser:
        return Branch.objects.all()
    return Branch.objects.filter(staff__user=user, staff__role=StaffRole.ADMIN)


def own_branch_ids(request: HttpRequest) -> frozenset[int]:
    """Asked for every model and permission of a page, so it is read once a request."""
    ids: frozenset[int] | None = getattr(request, "admin_branch_ids", None)
    if ids is None:
        ids = frozenset(admin_branches(request).values_list("pk", flat=True))
        request.admin_branch_ids = ids  # type: ignore[attr-defined]
    return ids


class _Scoped:
    """Rows, and choices in forms, of the user's own branches only."""

    branch_path = "branch"

    def is_own(self, request: HttpRequest, obj: Model | None) -> bool:
        ids = own_branch_ids(request)
        if obj is None or obj.pk is None:
            return bool(ids)
        owner: Any = obj
        for step in self.branch_path.split("__") if self.branch_path != "pk" else []:
            owner = getattr(owner, step)
        return owner.pk in ids

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        model: Any = db_field.remote_field.model
        if model is Branch:
            kwargs["queryset"] = admin_branches(request)
        elif any(field.name == "branch" for field in model._meta.fields):
            queryset = model._default_manager.filter(branch__in=admin_branches(request))
            if model in (Contractor, Technician):
                queryset = queryset.order_by("name")
            kwargs["queryset"] = queryset
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """A day and a time of one field are two inputs, which the admin gives one label."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, AdminSplitDateTime):
            for widget, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                widget.attrs["aria-label"] = f"{field.label}, {part}"
        return field

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_own(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_own(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_own(request, obj)


class BranchModelAdmin(_Scoped, admin.ModelAdmin):
    """A model of one branch; ``branch_path`` leads from the row to its branch."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        return queryset.filter(**{f"{self.branch_path}__in": admin_branches(request)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.is_own(request, None)


class NamedRows(BaseInlineFormSet):
    """Rows of a table whose fields have names: the admin's headings label none of them."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        row = "" if index is None else f", row {index + 1}"
        for field in form.fields.values():
            widget = getattr(field.widget, "widget", field.widget)  # inside the one with the plus
            if not widget.is_hidden:
                widget.attrs.setdefault("aria-label", f"{field.label}{row}")


class BranchInline(_Scoped, admin.TabularInline):
    """Rows of a parent that was already checked."""

    extra = 0
    formset = NamedRows

    def is_own(self, request: HttpRequest, obj: Model | None) -> bool:
        # ``obj`` is the parent here, which the page's own ModelAdmin has admitted.
        return admin_branches(request).exists()


class SuperuserAdmin(admin.ModelAdmin):
    """What concerns every branch."""

    def _may(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request)
