"""Every message: waiting, sent, failed, with its words."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.deliveries import NOT_ARRIVED, channels, other_ways
from jobs.console.filters import MessageFilter, chips, local_day, with_value, without
from jobs.messaging.overrides import compose
from jobs.messaging.words import LANGUAGES
from jobs.models import Escalation, Message
from network import display
from network.context import shell

PAGE = 50
MOST = 500


@require_safe
@branch_page
def messages_page(request: BranchRequest) -> HttpResponse:
    """The list and the chosen message; for htmx only the part that changes."""
    at = shell(request)["shell"].now
    branch = request.branch
    of_branch = Message.objects.filter(branch=branch)
    chosen = MessageFilter(request.GET, queryset=of_branch)
    total = chosen.qs.count()
    show = _show(request)
    listed = list(chosen.qs.select_related("contractor", "job").order_by("-pk")[:show])
    counts = _counts(of_branch, branch, at)
    context = {
        "nav": "messages",
        "nav_needs": Escalation.objects.filter(branch=branch, closed_at__isnull=True).count(),
        "branch": branch,
        "at": at,
        "filter": chosen,
        "chips": chips(chosen, request.GET),
        "kept_filters": [
            (name, values)
            for name, values in request.GET.lists()
            if name not in ("q", "show", "message")
        ],
        "without_q": without(request.GET, "q", "message"),
        "counts": counts,
        "views": _views(request, counts),
        "listed": [(message, with_value(request.GET, "message", message.pk)) for message in listed],
        "open": _opened(request, of_branch, listed),
        "channels": channels(of_branch, at=at),
        "total": total,
        "shown": min(show, total),
        "more_url": with_value(request.GET, "show", min(show + PAGE, MOST)),
        "may_show_more": show < min(total, MOST),
        "some_wait": any(message.status == Message.Status.PENDING for message in listed),
    }
    is_part = request.htmx and request.htmx.target == "messages-live"
    return render(
        request, "console/_messages.html" if is_part else "console/messages.html", context
    )


def _show(request: HttpRequest) -> int:
    try:
        return min(max(int(request.GET.get("show", PAGE)), PAGE), MOST)
    except ValueError:
        return PAGE


def _counts(messages: QuerySet[Message], branch, at) -> dict[str, int]:  # type: ignore[no-untyped-def]
    day, _ = local_day(branch, display.in_zone(at, branch.time_zone).date())
    return messages.aggregate(
        all=Count("pk"),
        offers=Count("pk", filter=Q(template=Message.Template.OFFER_MADE)),
        customers=Count("pk", filter=Q(recipient_kind=Message.Recipient.CUSTOMER)),
        waiting=Count("pk", filter=Q(status=Message.Status.PENDING)),
        failed=Count("pk", filter=NOT_ARRIVED),
        staff=Count("pk", filter=Q(recipient_kind=Message.Recipient.STAFF)),
        sent_today=Count("pk", filter=Q(status=Message.Status.SENT, sent_at__gte=day)),
    )


def _views(request: HttpRequest, counts: dict[str, int]) -> list[dict[str, Any]]:
    data = {k: v for k, v in request.GET.items() if v and k not in ("show", "message")}
    tabs = [
        ("All", {}, counts["all"]),
        ("Offers", {"what": "offer_made"}, counts["offers"]),
        ("To customers", {"to": "customer"}, counts["customers"]),
        ("To staff", {"to": "staff"}, counts["staff"]),
        ("Not arrived", {"status": "failed"}, counts["failed"]),
        ("Waiting", {"status": "pending"}, counts["waiting"]),
    ]
    return [
        {
            "title": title,
            "url": "?" + "&".join(f"{key}={value}" for key, value in wanted.items()),
            "count": count,
            "current": data == wanted,
        }
        for title, wanted, count in tabs
    ]


def _opened(
    request: HttpRequest, messages: QuerySet[Message], listed: list[Message]
) -> dict[str, Any] | None:
    """The chosen message, else the first of the list; one that waits as it will be sent."""
    wanted = request.GET.get("message", "")
    message = None
    if wanted.isdigit() and len(wanted) < 19:
        message = messages.filter(pk=int(wanted)).select_related("contractor", "job").first()
    message = message or (listed[0] if listed else None)
    if message is None:
        return None
    subject, body = message.subject, message.body
    if not body:
        words = compose(message)
        subject, body = words.subject, words.body
    return {
        "message": message,
        "subject": subject,
        "body": body,
        "picked": bool(wanted),
        "others": other_ways(message),
        "language": LANGUAGES.get(message.language, message.language),
    }
