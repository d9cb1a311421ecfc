"""Ranking policies: a draft is weighed, compared, published; what was published only shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BoundField, Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from network.admin.access import admin_branches
from ranking.admin.access import BranchAdmin
from ranking.admin.forms import PolicyForm, PublishForm, field_name, fingerprint
from ranking.criteria import REGISTRY, Criterion
from ranking.errors import PolicyError
from ranking.history import compare, summary
from ranking.models import PolicyStatus, RankingPolicy
from ranking.services import policies
from ranking.weights import shares

_TONES = {
    PolicyStatus.DRAFT: "is-warn",
    PolicyStatus.PUBLISHED: "is-good",
    PolicyStatus.SUPERSEDED: "is-quiet",
}
HISTORY_LENGTH = 30


@dataclass(frozen=True, slots=True)
class WeightRow:
    """One criterion on the page; ``field`` only where it can be edited."""

    criterion: Criterion
    value: Any
    share: float
    live: float | None
    field: BoundField | None

    @property
    def percent(self) -> str:
        return f"{self.share * 100:.1f}"

    @property
    def is_changed(self) -> bool:
        return self.live is not None and _number(self.value) != self.live


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of the history."""

    policy: RankingPolicy
    changes: str
    tone: str


@admin.register(RankingPolicy)
class RankingPolicyAdmin(BranchAdmin):
    form = PolicyForm
    change_form_template = "admin/ranking/rankingpolicy/change_form.html"
    list_display = [
        "title",
        "branch",
        "state",
        "note",
        "created_by",
        "created_at",
        "published_by",
        "published_at",
    ]
    list_display_links = ["title"]
    list_filter = ["status", ("branch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["branch", "created_by", "published_by"]
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
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["note"] if obj else ["branch", "note"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new draft starts from the live weights where it is clear of which branch."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        own = list(admin_branches(request)[:2])
        branch_id = initial.get("branch") or (own[0].pk if len(own) == 1 else None)
        live = None
        if branch_id and str(branch_id).isdecimal():
            live = RankingPolicy.objects.for_branch(int(branch_id)).published().first()
        if live is not None and self.is_own(request, live):
            initial["branch"] = live.branch_id
            initial |= {field_name(key): live.weights.get(key, 0) for key in REGISTRY}
        return initial

    # -- list --------------------------------------------------------------------------------

    @admin.display(description="Revision", ordering="revision")
    def title(self, policy: RankingPolicy) -> str:
        return f"Revision {policy.revision}"

    @admin.display(description="State", ordering="status")
    def state(self, policy: RankingPolicy) -> str:
        return format_html(
            '<span class="st {}">{}</span>',
            _TONES[PolicyStatus(policy.status)],
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
            rows=_rows(form if editable else None, obj, live),
            editable=editable,
            live=live,
            tone="" if add else _TONES[PolicyStatus(obj.status)],
            history=[] if add else _history(obj),
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        note = form.cleaned_data["note"]
        if change:
            saved = policies.update_draft(policy_id=obj.pk, weights=form.weights, note=note)
        else:
            live = policies.ensure_policy(branch_id=obj.branch_id)
            saved = policies.create_draft(
                branch_id=obj.branch_id,
                weights=form.weights,
                note=note,
                user_id=request.user.pk,
                copy_of=live.pk,
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
        if "_publish" in request.POST:
            return HttpResponseRedirect(_url("publish", obj))
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
        now_seen = fingerprint(policy, live)
        form = PublishForm(request.POST or None, initial={"note": policy.note, "seen": now_seen})
        if request.method == "POST" and form.is_valid():
            if form.cleaned_data["seen"] == now_seen:
                try:
                    return self._publish(request, policy, form.cleaned_data["note"])
                except PolicyError as error:
                    self.message_user(request, error.detail, messages.ERROR)
                    return HttpResponseRedirect(_url("change", policy))
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
                "media": self.media,
            },
        )

    def _publish(self, request: HttpRequest, policy: RankingPolicy, note: str) -> HttpResponse:
        with transaction.atomic():
            if note != policy.note:
                policies.update_draft(policy_id=policy.pk, weights=policy.weights, note=note)
            policies.publish(policy_id=policy.pk, user_id=request.user.pk)
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
        with transaction.atomic():
            draft = policies.draft_from(policy_id=source.pk, user_id=request.user.pk)
            self.log_addition(request, draft, f"Draft from revision {source.revision}.")
        self.message_user(
            request,
            f"Draft of revision {draft.revision}, with the weights of revision {source.revision}.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(_url("change", draft))

    def _own(self, request: HttpRequest, policy_id: int) -> RankingPolicy:
        policy = self.get_queryset(request).filter(pk=policy_id).select_related("branch").first()
        if policy is None:
            raise Http404("No such revision.")
        if not self.is_own(request, policy):
            raise PermissionDenied
        return policy

    def _live(self, policy: RankingPolicy) -> RankingPolicy | None:
        return RankingPolicy.objects.for_branch(policy.branch_id).published().first()


def _url(name: str, policy: RankingPolicy) -> str:
    return reverse(f"admin:ranking_rankingpolicy_{name}", args=[policy.pk])


def _rows(
    form: PolicyForm | None, policy: RankingPolicy | None, live: RankingPolicy | None
) -> list[WeightRow]:
    fields = {key: form[field_name(key)] for key in REGISTRY} if form is not None else {}
    stored = policy.weights if policy is not None and policy.pk else {}
    values = {key: fields[key].value() if key in fields else stored.get(key, 0) for key in REGISTRY}
    parts = shares({key: _number(value) for key, value in values.items()})
    shows_live = live is not None and policy is not None and live.pk != policy.pk
    return [
        WeightRow(
            criterion=criterion,
            value=values[key],
            share=parts[key],
            live=live.weights.get(key, 0) if shows_live and live is not None else None,
            field=fields.get(key),
        )
        for key, criterion in REGISTRY.items()
    ]


def _number(value: Any) -> float:
    """What was typed, as a number; 0 while it is none (its field says so)."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if 0 <= number <= 100 else 0.0


def _history(policy: RankingPolicy) -> list[Revision]:
    """The branch's revisions, newest first, each against the one it was started from."""
    revisions: QuerySet[RankingPolicy] = (
        RankingPolicy.objects.for_branch(policy.branch_id)
        .select_related("created_by", "published_by", "copy_of")
        .order_by("-revision")[:HISTORY_LENGTH]
    )
    return [
        Revision(
            policy=revision,
            changes=summary(revision.copy_of.weights, revision.weights)
            + f" (against {revision.copy_of.revision})"
            if revision.copy_of
            else "",
            tone=_TONES[PolicyStatus(revision.status)],
        )
        for revision in revisions
    ]
