"""Disputes in the admin: staff read what the contractor says and decide with a note."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from ranking.admin.access import BranchAdmin
from ranking.errors import DisputeError
from ranking.models import Dispute, DisputeStatus, DueTo
from ranking.services.disputes import decide_dispute


class DecideForm(forms.Form):
    """Uphold or reject, and why."""

    due_to = forms.ChoiceField(
        label="If upheld, due to",
        choices=[choice for choice in DueTo.choices if choice[0] != DueTo.CONTRACTOR],
        initial=DueTo.SYSTEM,
    )
    note = forms.CharField(
        label="Why (the contractor reads it)",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        error_messages={"required": "Say why; the contractor reads it."},
    )


@admin.register(Dispute)
class DisputeAdmin(BranchAdmin):
    change_form_template = "admin/ranking/dispute/change_form.html"
    list_display = ["opened_at", "contractor", "what", "status", "text", "decided_by"]
    list_filter = ["status", ("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["outcome__contractor", "decided_by"]
    search_fields = ["outcome__contractor__name"]

    class Media:
        css = {"all": ["ranking/policy.css"]}

    @admin.display(description="Contractor", ordering="outcome__contractor__name")
    def contractor(self, dispute: Dispute) -> str:
        return str(dispute.outcome.contractor)

    @admin.display(description="Outcome")
    def what(self, dispute: Dispute) -> str:
        return dispute.outcome.get_kind_display()

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<int:dispute_id>/decide/",
                self.admin_site.admin_view(self.decide_view),
                name="ranking_dispute_decide",
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self,
        request: Any,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["decide_form"] = DecideForm() if obj.status == DisputeStatus.OPEN else None
        context["outcome"] = obj.outcome
        return super().render_change_form(request, context, add, change, form_url, obj)

    @method_decorator([require_POST, csrf_protect])
    def decide_view(self, request: HttpRequest, dispute_id: int) -> HttpResponse:
        """Uphold or reject a dispute; the contractor's card is recounted soon after."""
        here = reverse("admin:ranking_dispute_change", args=[dispute_id])
        if not self.get_queryset(request).filter(pk=dispute_id).exists():
            return HttpResponseRedirect(reverse("admin:ranking_dispute_changelist"))
        form = DecideForm(request.POST)
        if not form.is_valid():
            for errors in form.errors.values():
                self.message_user(request, " ".join(map(str, errors)), messages.ERROR)
            return HttpResponseRedirect(here)
        uphold = "uphold" in request.POST
        try:
            dispute = decide_dispute(
                dispute_id=dispute_id,
                uphold=uphold,
                note=form.cleaned_data["note"],
                due_to=form.cleaned_data["due_to"],
                user_id=request.user.pk,
            )
        except DisputeError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(here)
        self.log_change(request, dispute, dispute.get_status_display())
        self.message_user(
            request,
            "Upheld: it no longer counts for the contractor."
            if uphold
            else "Rejected: it counts as before.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(here)
