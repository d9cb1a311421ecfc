"""Users and branches."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from network.admin.access import (
    BranchInline,
    BranchModelAdmin,
    NamedRows,
    SuperuserAdmin,
    admin_branches,
)
from network.models import Branch, BranchStaff, User


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")
        field_classes = {"email": forms.EmailField}


class EditUserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"email": forms.EmailField}


class BranchRoleInline(admin.TabularInline):
    model = BranchStaff
    extra = 0
    formset = NamedRows


@admin.register(User)
class UserAdmin(SuperuserAdmin, DjangoUserAdmin):
    form = EditUserForm
    add_form = NewUserForm
    ordering = ["email"]
    list_display = ["email", "name", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()
    inlines = [BranchRoleInline]
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "name", "usable_password", "password1", "password2"),
            },
        ),
    )


class StaffInline(BranchInline):
    model = BranchStaff
    raw_id_fields = ["user"]


@admin.register(Branch)
class BranchAdmin(BranchModelAdmin):
    branch_path = "pk"
    list_display = ["name", "slug", "time_zone", "currency", "is_sample", "is_simulated"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["is_sample", "is_simulated"]
    inlines = [StaffInline]

    def is_own(self, request: HttpRequest, obj: object | None) -> bool:
        branches = admin_branches(request)
        if isinstance(obj, Branch) and obj.pk is not None:
            branches = branches.filter(pk=obj.pk)
        return branches.exists()

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)
