"""Replaying a draft in the admin: asked for, watched, read, looked into decision by decision."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from network.clock import app_now
from network.spreadsheet import neutral
from ranking.admin.forms import ReplayForm
from ranking.admin.replay_report import job_rows, replay_summary, sides
from ranking.errors import PolicyError
from ranking.fingerprint import fingerprint
from ranking.models import Decision, Replay, ReplayStatus
from ranking.services import replays

if TYPE_CHECKING:
    from ranking.admin.access import BranchAdmin as _Base
else:
    _Base = object

PAGE = 50


class ReplayViews(_Base):
    """The addresses of replays under a policy; mixed into its admin."""

    def replay_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:policy_id>/replay/",
                view(self.replay_view),
                name="ranking_rankingpolicy_replay",
            ),
            path(
                "<int:policy_id>/replay/<int:replay_id>/contractors.csv",
                view(self.replay_csv_view),
                name="ranking_rankingpolicy_replay_csv",
            ),
            path(
                "<int:policy_id>/replay/<int:replay_id>/jobs/",
                view(self.replay_jobs_view),
                name="ranking_rankingpolicy_replay_jobs",
            ),
            path(
                "<int:policy_id>/replay/<int:replay_id>/jobs/<int:decision_id>/",
                view(self.replay_job_view),
                name="ranking_rankingpolicy_replay_job",
            ),
        ]

    @method_decorator(csrf_protect)
    def replay_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """GET shows the newest replay and how far it is, POST starts one."""
        policy = self._own(request, policy_id)  # type: ignore[attr-defined]
        form = ReplayForm(request.POST or None, branch=policy.branch)
        here = reverse("admin:ranking_rankingpolicy_replay", args=[policy.pk])
        if request.method == "POST" and form.is_valid():
            start, end = form.period(app_now())
            try:
                replays.request_replay(
                    policy_id=policy.pk,
                    start=start,
                    end=end,
                    trade=form.cleaned_data["trade"],
                    user_id=request.user.pk,
                )
                return HttpResponseRedirect(here)
            except PolicyError as error:
                form.add_error(None, error.detail)
        replay = policy.replays.select_related("against").order_by("-id").first()
        done = replay is not None and replay.status == ReplayStatus.DONE
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/replay.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Replay of revision {policy.revision}",
                "opts": self.opts,
                "policy": policy,
                "form": form,
                "replay": replay,
                "matches": replay is not None and replay.digest == fingerprint(policy),
                "summary": replay_summary(replay, whole="all" in request.GET)
                if replay is not None and done
                else None,
                "media": self.media,
            },
        )

    def replay_csv_view(self, request: HttpRequest, policy_id: int, replay_id: int) -> HttpResponse:
        """Every contractor's first calls under both policies, for spreadsheets (UTF-8)."""
        replay = self._replay(request, policy_id, replay_id)
        text = io.StringIO()
        text.write("\ufeff")
        writer = csv.writer(text)
        live, draft = replay.against.revision, replay.policy.revision
        writer.writerow(
            [
                "contractor",
                f"revision {live}",
                f"revision {draft}",
                "change",
                "± (95 %)",
                "mostly because of",
            ]
        )
        for share in replay_summary(replay, whole=True)["shares"]:
            writer.writerow(
                [
                    neutral(share.name),
                    share.before,
                    share.after,
                    share.change,
                    share.margin,
                    share.because,
                ]
            )
        response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"{replay.policy.branch.slug}-replay-{draft}-against-{live}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def replay_jobs_view(
        self, request: HttpRequest, policy_id: int, replay_id: int
    ) -> HttpResponse:
        """The decisions whose first call changes hands, or all of them; newest first."""
        replay = self._replay(request, policy_id, replay_id)
        every = request.GET.get("show") == "all"
        if every:
            log = replays.decisions_of(replay).order_by("-made_at", "-id")
            page = Paginator(log, PAGE).get_page(request.GET.get("page"))
            shown = list(page.object_list)
        else:
            ids = (replay.result or {}).get("changed_ids", [])
            page = Paginator(ids, PAGE).get_page(request.GET.get("page"))
            found = Decision.objects.in_bulk(list(page.object_list))
            shown = [found[one] for one in page.object_list if one in found]
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/replay_jobs.html",
            {
                **self.admin_site.each_context(request),
                "title": "Every decision" if every else "First calls that change hands",
                "opts": self.opts,
                "policy": replay.policy,
                "replay": replay,
                "page": page,
                "every": every,
                "rows": job_rows(shown, replay),
                "media": self.media,
            },
        )

    def replay_job_view(
        self, request: HttpRequest, policy_id: int, replay_id: int, decision_id: int
    ) -> HttpResponse:
        """One decision under both policies, side by side."""
        replay = self._replay(request, policy_id, replay_id)
        decision = Decision.objects.filter(pk=decision_id, branch_id=replay.branch_id).first()
        if decision is None:
            raise Http404("No such decision.")
        try:
            both = sides(decision, replay)
        except PolicyError as error:
            raise Http404(error.detail) from error
        return TemplateResponse(
            request,
            "admin/ranking/rankingpolicy/replay_job.html",
            {
                **self.admin_site.each_context(request),
                "title": "One decision under both policies",
                "opts": self.opts,
                "policy": replay.policy,
                "replay": replay,
                "decision": decision,
                "sides": both,
                "media": self.media,
            },
        )

    def _replay(self, request: HttpRequest, policy_id: int, replay_id: int) -> Replay:
        policy = self._own(request, policy_id)  # type: ignore[attr-defined]
        done = policy.replays.filter(pk=replay_id, status=ReplayStatus.DONE)
        replay = done.select_related("against").first()
        if replay is None:
            raise Http404("No such replay.")
        replay.policy = policy
        return replay
