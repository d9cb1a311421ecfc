"""The board: what needs the dispatcher, and everything in flight."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.filters import JobFilter, chips, local_day, with_value, without
from jobs.console.needs import CARDS, load_cards
from jobs.console.rows import GROUP_OF, in_board_order, load_groups
from jobs.console.today import today
from jobs.models import Escalation, Job
from jobs.reads import with_cascade
from jobs.states import FINAL
from network.clock import app_now
from network.context import shell
from network.spreadsheet import neutral

#: Rows at first, and how many "show more" adds.
PAGE = 25
#: More than this is not a page any more; the CSV has them all.
MOST = 500


@require_safe
@branch_page
def board(request: BranchRequest) -> HttpResponse:
    """The board; for htmx only the part that changes. A fixed number of queries."""
    at = shell(request)["shell"].now
    branch = request.branch
    chosen = JobFilter(request.GET, branch=branch, at=at)
    counts = _group_counts(chosen.qs)
    show = _show(request)
    total = sum(counts.values())
    figures = today(branch, at=at)
    context = {
        "nav": "board",
        "nav_needs": figures.questions,
        "branch": branch,
        "at": at,
        "figures": figures,
        "cards": load_cards(branch, at=at),
        "more_cards": max(0, figures.questions - CARDS),
        "views": _views(request, at),
        "filter": chosen,
        "chips": chips(chosen, request.GET),
        "without_q": without(request.GET, "q"),
        "kept_filters": [
            (name, values) for name, values in request.GET.lists() if name not in ("q", "show")
        ],
        "groups": load_groups(chosen.qs, counts, branch=branch, at=at, show=show),
        "total": total,
        "shown": min(show, total),
        "more_url": with_value(request.GET, "show", min(show + PAGE, MOST)),
        "may_show_more": show < min(total, MOST),
        "everywhere_url": with_value(request.GET, "state", "all"),
        "csv_url": reverse("console:jobs_csv", kwargs={"branch": branch.slug})
        + without(request.GET),
    }
    is_part = request.htmx and request.htmx.target == "board-live"
    return render(request, "console/_board.html" if is_part else "console/board.html", context)


def _show(request: HttpRequest) -> int:
    try:
        return min(max(int(request.GET.get("show", PAGE)), PAGE), MOST)
    except ValueError:
        return PAGE


def _group_counts(jobs: QuerySet[Job]) -> dict[int, int]:
    rows = jobs.order_by().annotate(g=GROUP_OF).values("g").annotate(n=Count("pk", distinct=True))
    return {row["g"]: row["n"] for row in rows}


def _views(request: BranchRequest, at) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    """The tabs over the list, with how many jobs each holds. One query."""
    branch = request.branch
    now = at.astimezone(ZoneInfo(branch.time_zone))
    first, second = local_day(branch, now.date())
    _, third = local_day(branch, second.astimezone(ZoneInfo(branch.time_zone)).date())
    open_jobs = ~Q(status__in=sorted(FINAL))
    asks = Exists(Escalation.objects.filter(job=OuterRef("pk"), closed_at__isnull=True))
    counts = (
        Job.objects.filter(branch=branch)
        .filter(open_jobs | asks)
        .aggregate(
            all=Count("pk", filter=open_jobs),
            needs=Count("pk", filter=asks),
            today=Count(
                "pk", filter=open_jobs & Q(window_start__gte=first, window_start__lt=second)
            ),
            tomorrow=Count(
                "pk", filter=open_jobs & Q(window_start__gte=second, window_start__lt=third)
            ),
        )
    )
    data = {key: value for key, value in request.GET.items() if value and key != "show"}
    tabs = [
        ("All open", {}, counts["all"]),
        ("Needs you", {"needs": "true"}, counts["needs"]),
        ("Today", {"day": "today"}, counts["today"]),
        ("Tomorrow", {"day": "tomorrow"}, counts["tomorrow"]),
        ("Closed", {"state": "closed"}, None),
    ]
    found = []
    for title, wanted, count in tabs:
        url = "?" + "&".join(f"{key}={value}" for key, value in wanted.items())
        found.append({"title": title, "url": url, "count": count, "current": data == wanted})
    return found


_COLUMNS = [
    "reference", "status", "priority", "service", "trade", "client", "window_start", "window_end",
    "time_zone", "address", "postcode", "area", "customer", "phone", "email", "contractor",
    "technician", "planned_start", "eta", "round", "needs_you", "not_to_exceed", "currency",
    "taken_in", "closed", "result",
]  # fmt: skip


@require_safe
@branch_page
def jobs_csv(request: BranchRequest) -> HttpResponse:
    """Exactly the jobs of the filter, in the board's order, as CSV for spreadsheets (UTF-8)."""
    at = app_now()
    chosen = JobFilter(request.GET, branch=request.branch, at=at)
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(_csv_rows(chosen.qs))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    local = at.astimezone(ZoneInfo(request.branch.time_zone))
    name = f"{request.branch.slug}-jobs-{local:%Y-%m-%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv_rows(jobs: QuerySet[Job]) -> Iterator[list[str]]:
    for job in with_cascade(in_board_order(jobs)).iterator(chunk_size=1000):  # type: ignore[arg-type]
        booking = job.live_bookings[0] if job.live_bookings else None
        zone = ZoneInfo(job.time_zone)

        def local(moment, zone=zone) -> str:  # type: ignore[no-untyped-def]
            return moment.astimezone(zone).isoformat(timespec="minutes") if moment else ""

        done = next((o for o in job.offers.all() if o.status == "accepted"), None)
        holder = booking or (done if job.is_final else None)
        yield [
            neutral(str(value))
            for value in (
                job.reference, job.status, job.priority, job.service_type.name,
                job.service_type.trade, job.client.name if job.client else "",
                local(job.window_start), local(job.window_end), job.time_zone, job.address,
                job.postcode, job.area, job.customer_name, job.customer_phone, job.customer_email,
                holder.contractor.name if holder else "", holder.technician.name if holder else "",
                local(booking.starts_at if booking else None),
                local(booking.eta if booking else None), job.round_number,
                " ".join(q.kind for q in job.open_escalations),
                "" if job.not_to_exceed is None else job.not_to_exceed, job.currency,
                local(job.created_at), local(job.closed_at), job.result,
            )
        ]  # fmt: skip
