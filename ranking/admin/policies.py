"""Ranking policies: a draft is weighed, compared, published; what was published only shows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from network.admin.access import admin_branches
from ranking.admin.access import BranchAdmin
from ranking.admin.forms import PolicyForm, PublishForm, field_name, looked_at
from ranking.admin.policy_page import (
    TONES,
    history,
    problem_of,
    rule_lines,
    weight_rows,
    which,
)
from ranking.admin.replays import ReplayViews, replay_summary
from ranking.criteria import REGISTRY
from ranking.errors import PolicyError
from ranking.history import compare
from ranking.models import PolicyStatus, RankingPolicy
from ranking.services import policies


@admin.register(RankingPolicy)
class RankingPolicyAdmin(ReplayViews, BranchAdmin):
    form = PolicyForm
    change_form_template = "admin/ranking/rankingpolicy/change_form.html"
    list_display = [
        "title",
        "branch",
        "scope",
        "state",
        "note",
        "created_by",
        "published_by",
        "published_at",
    ]
    list_display_links = ["title"]
    list_filter = ["status", ("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["branch", "service_type", "client", "created_by", "published_by"]
    ordering = ["branch__name", "-revision"]
    search_fields = ["note", "created_by__email"]
    actions = None

    class Media:
        css = {"all": ["ranking/policy.css"]}
        js = [Script("ranking/policy.js", defer=True)]

    # -- who may what ------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_own(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if isinstance(obj, RankingPolicy) and not obj.is_draft:
            return False
        return self.is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return isinstance(obj, RankingPolicy) and obj.is_draft and self.is_own(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "branch":
            kwargs["queryset"] = admin_branches(request)
        elif db_field.name in {"service_type", "client"}:
            model = db_field.remote_field.model
            own = model.objects.filter(branch__in=admin_branches(request))
            kwargs["queryset"] = own.select_related("branch").order_by("branch__name", "name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["note"] if obj else ["branch", "service_type", "client", "note"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new draft starts from the live weights where it is clear of which branch."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        own = list(admin_branches(request)[:2])
        branch_id = initial.get("branch") or (own[0].pk if len(own) == 1 else None)
        live = None
        if branch_id and str(branch_id).isdecimal():
            live = policies.live_in_scope(int(branch_id))
        if live is not None and self.is_own(request, live):
            initial["branch"] = live.branch_id
            initial |= {field_name(key): live.weights.get(key, 0) for key in REGISTRY}
        return initial

    # -- list --------------------------------------------------------------------------------

    @admin.display(description="Revision", ordering="revision")
    def title(self, policy: RankingPolicy) -> str:
        return f"Revision {policy.revision}"

    @admin.display(description="For")
    def scope(self, policy: RankingPolicy) -> str:
        return policy.scope_name

    @admin.display(description="State", ordering="status")
    def state(self, policy: RankingPolicy) -> str:
        return format_html(
            '<span class="st {}">{}</span>',
            TONES[PolicyStatus(policy.status)],
            policy.get_status_display(),
        )

    # -- the page of one revision ------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PolicyError as error:  # somebody published or discarded it meanwhile
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self,
        request: Any,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        editable = add or self.has_change_permission(request, obj)
        live = None if add else self._live(obj)
        context.update(
            title="New draft" if add else str(obj),
            rows=weight_rows(form if editable else None, obj, live),
            editable=editable,
            live=live,
            tone="" if add else TONES[PolicyStatus(obj.status)],
            rule_rows=form.rule_rows() if editable else [],
            rules=[] if add else rule_lines(obj),
            problem="" if add or obj.status != PolicyStatus.PUBLISHED else problem_of(obj),
            which=None if add else which(request, obj),
            history=[] if add else history(obj),
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        note = form.cleaned_data["note"]
        rules = [rule.as_json() for rule in form.rules]
        if change:
            saved = policies.update_draft(
                policy_id=obj.pk, weights=form.weights, note=note, rules=rules
            )
        else:
            live = policies.ensure_policy(branch_id=obj.branch_id)
            saved = policies.create_draft(
                branch_id=obj.branch_id,
                weights=form.weights,
                note=note,
                user_id=request.user.pk,
                copy_of=live.pk,
                rules=rules,
                service_type_id=obj.service_type_id,
                client_id=obj.client_id,
            )
        for field in RankingPolicy._meta.concrete_fields:
            setattr(obj, field.attname, getattr(saved, field.attname))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        policies.discard_draft(policy_id=obj.pk)

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._saved(request, obj)

    def response_change(self, request: Any, obj: Any) -> HttpResponse:
        return self._saved(request, obj)

    def _saved(self, request: HttpRequest, obj: RankingPolicy) -> HttpResponse:
        for name in ("publish", "replay"):
            if f"_{name}" in request.POST:
                return HttpResponseRedirect(_url(name, obj))
        self.message_user(
            request,
            f"Draft of revision {obj.revision} saved. It ranks nothing until it is published.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(_url("change", obj))

    # -- publishing, and starting from an old revision -----------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:policy_id>/publish/",
                view(self.publish_view),
                name="ranking_rankingpolicy_publish",
            ),
            path(
                "<int:policy_id>/draft/",
                view(self.draft_view),
                name="ranking_rankingpolicy_draft",
            ),
            path(
                "<int:policy_id>/return/",
                view(self.return_view),
                name="ranking_rankingpolicy_return",
            ),
            *self.replay_urls(),
            *super().get_urls(),
        ]

    @method_decorator(csrf_protect)
    def publish_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """GET shows what would change against the live revision, POST publishes exactly that."""
        policy = self._own(request, policy_id)
        if not policy.is_draft:
            self.message_user(
                request, f"Revision {policy.revision} is not a draft any more.", messages.INFO
            )
            return HttpResponseRedirect(_url("change", policy))
        live = self._live(policy)
        now_seen = looked_at(policy, live)
        replay = policies.replay_of(policy)
        initial = {
            "note": policy.note,
            "seen": now_seen,
            "replay": replay.pk if replay else None,
        }
        form = PublishForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            if form.cleaned_data["seen"] == now_seen:
                try:
                    return self._publish(request, policy, form.cleaned_data)
                except PolicyError as error:
                    self.message_user(request, error.detail, messages.ERROR)
                    missing = error.code == "replay-missing"
                    return HttpResponseRedirect(_url("replay" if missing else "change", policy))
            self.message_user(
                request,
                "The draft or the live revision changed since you opened this page. "
                "Look at the comparison again before publishing.",
                messages.WARNING,
            )
            return HttpResponseRedirect(_url("publish", policy))
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/publish.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Publish revision {policy.revision}?",
                "opts": self.opts,
                "policy": policy,
                "live": live,
                "form": form,
                "changes": compare(live.weights if live else {}, policy.weights),
                "rules": rule_lines(policy),
                "live_rules": rule_lines(live) if live else [],
                "replay": replay,
                "summary": replay_summary(replay) if replay else None,
                "replay_needed": replay is None and policies.needs_replay(policy),
                "media": self.media,
            },
        )

    def _publish(
        self, request: HttpRequest, policy: RankingPolicy, data: dict[str, Any]
    ) -> HttpResponse:
        note = data["note"]
        with transaction.atomic():
            if note != policy.note:
                policies.update_draft(policy_id=policy.pk, weights=policy.weights, note=note)
            policies.publish(policy_id=policy.pk, user_id=request.user.pk, replay_id=data["replay"])
            self.log_change(request, policy, f"Published: {note}")
        self.message_user(
            request,
            f"Revision {policy.revision} is live. New rankings use it from now on; cascades under "
            "way keep their order.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(_url("change", policy))

    @method_decorator([require_POST, csrf_protect])
    def draft_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """Start a new draft with this revision's weights."""
        source = self._own(request, policy_id)
        try:
            with transaction.atomic():
                draft = policies.draft_from(policy_id=source.pk, user_id=request.user.pk)
                self.log_addition(request, draft, f"Draft from revision {source.revision}.")
        except PolicyError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(_url("change", source))
        self.message_user(
            request,
            f"Draft of revision {draft.revision}, with the weights of revision {source.revision}.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(_url("change", draft))

    @method_decorator([require_POST, csrf_protect])
    def return_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """Make an earlier revision live again, as a new one."""
        source = self._own(request, policy_id)
        try:
            with transaction.atomic():
                back = policies.return_to(policy_id=source.pk, user_id=request.user.pk)
                self.log_addition(request, back, f"Back to revision {source.revision}.")
        except PolicyError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(_url("change", source))
        self.message_user(
            request,
            f"Revision {back.revision} is live, with the weights and rules of revision "
            f"{source.revision}.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(_url("change", back))

    def _own(self, request: HttpRequest, policy_id: int) -> RankingPolicy:
        policy = (
            self.get_queryset(request)
            .filter(pk=policy_id)
            .select_related("branch", "service_type", "client")
            .first()
        )
        if policy is None:
            raise Http404("No such revision.")
        if not self.is_own(request, policy):
            raise PermissionDenied
        return policy

    def _live(self, policy: RankingPolicy) -> RankingPolicy | None:
        return policies.live_in_scope(policy.branch_id, *policy.scope)


def _url(name: str, policy: RankingPolicy) -> str:
    return reverse(f"admin:ranking_rankingpolicy_{name}", args=[policy.pk])
