"""Lists of contractors: tried out, looked at, confirmed, and the last one taken back.

The list lies in the file storage between the trial and the confirmation, so that exactly what was
looked at goes in; a signed token of the user and the branch leads back to it.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from network.admin.access import BranchModelAdmin, admin_branches
from network.admin.clearance import ReadOnly
from network.errors import NetworkError
from network.imports.mapping import parse_mapping
from network.imports.progress import keep_progress, read_progress
from network.imports.reading import LARGEST_BYTES
from network.imports.service import (
    ImportReport,
    import_contractors,
    last_import,
    undo_last_import,
)
from network.models import Branch, ContractorImport

CONFIRM_WITHIN_SECONDS = 3600
LARGEST_MAPPING_BYTES = 200_000
SALT = "contractor-import"
FOLDER = "imports"
SHOWN = 200


class ListForm(forms.Form):
    """The list and its mapping."""

    branch = forms.ModelChoiceField(Branch.objects.none())
    file = forms.FileField(label="List", help_text="CSV (UTF-8) or XLSX, 20 MB at most.")
    mapping = forms.FileField(
        help_text="TOML; docs/examples/boston-contractors.toml shows every setting."
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branch: Any = self.fields["branch"]
        branch.queryset = admin_branches(request)

    def clean_file(self) -> Any:
        return self._bounded("file", LARGEST_BYTES)

    def clean_mapping(self) -> Any:
        return self._bounded("mapping", LARGEST_MAPPING_BYTES)

    def _bounded(self, name: str, most: int) -> Any:
        file = self.cleaned_data[name]
        if file.size > most:
            raise forms.ValidationError(f"This file is larger than {most // 1000:,} kB.")
        return file


@admin.register(ContractorImport)
class ContractorImportAdmin(ReadOnly, BranchModelAdmin):
    change_list_template = "admin/network/contractorimport/change_list.html"
    list_display = ["file_name", "branch", "created_at", "created_by", "summary", "undone_at"]
    list_filter = ["branch"]
    list_select_related = ["branch", "created_by"]

    @admin.display(description="rows")
    def summary(self, done: ContractorImport) -> str:
        return ", ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in done.counts.items() if count
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("list/", view(self.list_view), name="network_contractorimport_list"),
            path("confirm/", view(self.confirm_view), name="network_contractorimport_confirm"),
            path(
                "progress/<slug:key>/",
                view(self.progress_view),
                name="network_contractorimport_progress",
            ),
            path(
                "undo/<int:branch_id>/",
                view(self.undo_view),
                name="network_contractorimport_undo",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lasts = [last_import(branch_id=branch.pk) for branch in admin_branches(request)]
        context = {"undoable": [last for last in lasts if last is not None]}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @method_decorator(csrf_protect)
    def list_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks for a list, POST tries it out and shows what would change."""
        self._require_admin(request)
        form = ListForm(request.POST or None, request.FILES or None, request=request)
        report: ImportReport | None = None
        token, key = "", uuid4().hex
        if request.method == "POST" and form.is_valid():
            content = form.cleaned_data["file"].read()
            text = form.cleaned_data["mapping"].read().decode("utf-8", errors="replace")
            branch: Branch = form.cleaned_data["branch"]
            try:
                report = import_contractors(
                    branch=branch,
                    content=content,
                    file_name=form.cleaned_data["file"].name,
                    mapping=parse_mapping(text),
                    dry_run=True,
                )
            except NetworkError as error:
                form.add_error(error.field if error.field in form.fields else None, error.detail)
            else:
                name = form.cleaned_data["file"].name
                token = self._keep(request, branch, content, text, name=name, key=key)
        return self._page(
            request,
            "list.html",
            "Import a list of contractors",
            form=form,
            report=report,
            changes=report.changes[:SHOWN] if report else [],
            more=max(0, len(report.changes) - SHOWN) if report else 0,
            rejected=report.rejected[:SHOWN] if report else [],
            rejected_more=max(0, len(report.rejected) - SHOWN) if report else 0,
            token=token,
            key=key,
        )

    @method_decorator(csrf_protect)
    def confirm_view(self, request: HttpRequest) -> HttpResponse:
        """POST puts in what was tried out; anything else goes back to the form."""
        self._require_admin(request)
        form_url = reverse("admin:network_contractorimport_list")
        if request.method != "POST":
            return HttpResponseRedirect(form_url)
        try:
            kept = signing.loads(
                request.POST.get("token", ""), salt=SALT, max_age=CONFIRM_WITHIN_SECONDS
            )
        except signing.BadSignature:
            self.message_user(
                request, "The trial is more than an hour old. Send the list again.", messages.ERROR
            )
            return HttpResponseRedirect(form_url)
        if kept["user"] != request.user.pk:
            raise PermissionDenied
        branch = admin_branches(request).filter(pk=kept["branch"]).first()
        if branch is None:
            raise PermissionDenied
        try:
            with default_storage.open(kept["path"]) as file:
                content = file.read()
        except FileNotFoundError:
            self.message_user(request, "This list went in already.", messages.INFO)
            return HttpResponseRedirect(reverse("admin:network_contractorimport_changelist"))
        try:
            report = import_contractors(
                branch=branch,
                content=content,
                file_name=kept["name"],
                mapping=parse_mapping(kept["mapping"]),
                actor_id=request.user.pk,
                progress=keep_progress(user_id=request.user.pk, key=kept["key"]),
            )
        except NetworkError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(form_url)
        default_storage.delete(kept["path"])
        self.message_user(
            request,
            f"{report.created:,} firms created, {report.updated:,} updated, "
            f"{report.unchanged:,} unchanged, {len(report.without_trade_lines):,} without a trade "
            f"of this branch, {len(report.rejected):,} rejected.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:network_contractorimport_changelist"))

    def progress_view(self, request: HttpRequest, key: str) -> JsonResponse:
        """How far one's own import is; empty before it has begun."""
        self._require_admin(request)
        found = read_progress(user_id=request.user.pk, key=key)
        return JsonResponse({} if found is None else found.as_json())

    @method_decorator(csrf_protect)
    def undo_view(self, request: HttpRequest, branch_id: int) -> HttpResponse:
        """GET asks, POST takes the branch's last import back, if it is still the one shown."""
        branch = admin_branches(request).filter(pk=branch_id).first()
        if branch is None:
            raise PermissionDenied
        list_url = reverse("admin:network_contractorimport_changelist")
        last = last_import(branch_id=branch.pk)
        if last is None:
            self.message_user(request, "There is no import to undo.", messages.INFO)
            return HttpResponseRedirect(list_url)
        if request.method != "POST":
            return self._page(request, "undo.html", "Undo the last import?", last=last)
        if request.POST.get("import") != str(last.public_id):
            self.message_user(
                request, "Another import is the last now. Look again.", messages.WARNING
            )
            return HttpResponseRedirect(request.path)
        report = undo_last_import(branch=branch)
        kept = f" Kept, as they are in use: {', '.join(report.kept[:20])}." if report.kept else ""
        self.message_user(
            request,
            f"{report.removed:,} firms removed, {report.restored:,} restored.{kept}",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(list_url)

    def _require_admin(self, request: HttpRequest) -> None:
        if not self.is_own(request, None):
            raise PermissionDenied

    def _keep(
        self,
        request: HttpRequest,
        branch: Branch,
        content: bytes,
        mapping: str,
        *,
        name: str,
        key: str,
    ) -> str:
        _forget_trials()
        kept = default_storage.save(f"{FOLDER}/{_aged().sign(key)}", ContentFile(content))
        return signing.dumps(
            {
                "user": request.user.pk,
                "branch": branch.pk,
                "path": kept,
                "name": name,
                "key": key,
                "mapping": mapping,
            },
            salt=SALT,
            compress=True,
        )

    def _page(
        self, request: HttpRequest, template: str, title: str, **context: Any
    ) -> TemplateResponse:
        return TemplateResponse(
            request,
            f"admin/network/contractorimport/{template}",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                **context,
            },
        )


def _aged() -> signing.TimestampSigner:
    """Names of kept lists carry when they were sent; a full stop can stand in a file's name."""
    return signing.TimestampSigner(sep=".", salt=SALT)


def _forget_trials() -> None:
    """Remove lists that were tried out, and can no longer be confirmed: they name people."""
    try:
        names = default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return
    for name in names:
        try:
            _aged().unsign(name, max_age=CONFIRM_WITHIN_SECONDS)
        except signing.SignatureExpired:
            default_storage.delete(f"{FOLDER}/{name}")
        except signing.BadSignature:
            continue  # not one of ours
