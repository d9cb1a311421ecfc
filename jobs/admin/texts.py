"""Words of messages: written by staff in place of the built-in ones, with a preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from jobs.messaging import Rendered, of, registered, render_parts
from jobs.messaging.overrides import as_text, problems
from jobs.models import MessageText
from network.admin.access import BranchModelAdmin, admin_branches
from network.models import Language


class MessageTextForm(forms.ModelForm):
    template = forms.ChoiceField(label="Message")

    class Meta:
        model = MessageText
        fields = ["branch", "template", "form", "language", "subject", "body", "is_active"]
        widgets = {
            "subject": forms.TextInput(attrs={"size": 80}),
            "body": forms.Textarea(attrs={"rows": 14, "cols": 90}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "template" in self.fields:
            field: Any = self.fields["template"]
            field.choices = [(template.key, template.title) for template in registered()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        draft = MessageText(
            **{
                name: cleaned.get(name, getattr(self.instance, name))
                for name in ("template", "form", "language", "subject", "body")
            }
        )
        for field, words in problems(draft).items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, words)
        return cleaned


@admin.register(MessageText)
class MessageTextAdmin(BranchModelAdmin):
    """Admins write for their branches; words for all branches are the superusers'."""

    form = MessageTextForm
    list_display = ["title", "form", "language", "branch", "is_active", "is_usable"]
    list_filter = ["language", "form", "is_active"]
    list_select_related = ["branch"]
    change_form_template = "admin/jobs/messagetext/change_form.html"
    change_list_template = "admin/jobs/messagetext/change_list.html"

    @admin.display(description="message", ordering="template")
    def title(self, text: MessageText) -> str:
        known = {template.key: template.title for template in registered()}
        return known.get(text.template, text.template)

    @admin.display(description="can be used", boolean=True)
    def is_usable(self, text: MessageText) -> bool:
        return not problems(text)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageText]:
        rows = MessageText.objects.select_related("branch")
        user: Any = request.user
        return rows if user.is_superuser else rows.filter(branch__in=admin_branches(request))

    def is_own(self, request: HttpRequest, obj: Model | None) -> bool:
        if obj is not None and obj.pk is not None and getattr(obj, "branch_id", 0) is None:
            return bool(getattr(request.user, "is_superuser", False))
        return super().is_own(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "branch" and field is not None:
            field.required = not getattr(request.user, "is_superuser", False)
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["branch", "template", "form", "language"] if obj is not None else []

    def save_model(self, request: HttpRequest, obj: MessageText, form: Any, change: bool) -> None:
        obj.broken_since = None  # it has just been checked
        super().save_model(request, obj, form, change)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the built-in words of the message that the address names."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        key, language = initial.get("template", ""), initial.get("language", "en")
        if key in {template.key for template in registered()}:
            _, text = of(key).text(language)
            short = initial.get("form") == MessageText.Form.SHORT
            initial.setdefault("subject", "" if short else text.subject)
            initial.setdefault("body", text.sms if short else text.body)
        return initial

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "preview/",
                self.admin_site.admin_view(require_POST(self.preview)),
                name="jobs_messagetext_preview",
            ),
            path(
                "built-in/",
                self.admin_site.admin_view(self.built_in),
                name="jobs_messagetext_built_in",
            ),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What is typed in the form, filled in with an invented job. Saves nothing."""
        if not self.is_own(request, None):
            raise PermissionDenied
        draft = self._draft(request)
        wrong = problems(draft)
        rendered = None if wrong else _rendered(draft)
        context = {
            **self.admin_site.each_context(request),
            "title": "Preview",
            "opts": self.opts,
            "draft": draft,
            "message": of(draft.template) if "template" not in wrong else None,
            "rendered": rendered,
            "problems": wrong,
            "is_short": draft.form == MessageText.Form.SHORT,
        }
        return TemplateResponse(
            request, "admin/jobs/messagetext/preview.html", context, status=422 if wrong else 200
        )

    def _draft(self, request: HttpRequest) -> MessageText:
        """The form's fields; what a saved text does not let be changed comes from its row."""
        posted = request.POST
        saved = None
        if posted.get("saved", "").isdigit():
            saved = self.get_queryset(request).filter(pk=int(posted["saved"])).first()
        return MessageText(
            template=saved.template if saved else posted.get("template", ""),
            form=saved.form if saved else posted.get("form", MessageText.Form.LETTER),
            language=saved.language if saved else posted.get("language", "en"),
            subject=posted.get("subject", "")[:200],
            body=posted.get("body", ""),
        )

    def built_in(self, request: HttpRequest) -> HttpResponse:
        """Every message with its built-in words, filled in, and whether others count instead."""
        if not self.is_own(request, None):
            raise PermissionDenied
        language = request.GET.get("language", "en")
        if language not in Language.values:
            language = "en"
        replaced = set(
            self.get_queryset(request)
            .filter(language=language, is_active=True)
            .values_list("template", "form")
        )
        rows = []
        for template in registered():
            if language not in template.texts:
                continue
            text = template.texts[language]
            rows.append(
                {
                    "template": template,
                    "rendered": render_parts(
                        template, text, template.values(template.sample_context(), language)
                    ),
                    "has_letter": (template.key, "letter") in replaced,
                    "has_short": (template.key, "short") in replaced,
                }
            )
        context = {
            **self.admin_site.each_context(request),
            "title": "Built-in words of messages",
            "opts": self.opts,
            "rows": rows,
            "language": language,
            "languages": Language.choices,
        }
        return TemplateResponse(request, "admin/jobs/messagetext/built_in.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        placeholders = [
            {"template": template, "names": [f"{{{name}}}" for name in template.placeholders()]}
            for template in registered()
        ]
        if object_id is not None and object_id.isdigit():
            saved = self.get_queryset(request).filter(pk=int(object_id)).first()
            if saved is not None:
                placeholders = [p for p in placeholders if p["template"].key == saved.template]  # type: ignore[attr-defined]
        extra = {"placeholders": placeholders, "saved_id": object_id, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, extra)


def _rendered(draft: MessageText) -> Rendered:
    template = of(draft.template)
    return render_parts(
        template, as_text(draft), template.values(template.sample_context(), draft.language)
    )
