"""The report, the list behind each of its figures, and both as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.reports import listing
from jobs.console.reports.cards import (
    CHURN,
    Card,
    Links,
    bars_of,
    card_of,
    change_text,
    churn_card,
    work_card,
)
from jobs.console.reports.charts import share_bar
from jobs.console.reports.figures import Figure, Result, load, load_causes, share
from jobs.console.reports.firms import load_churn, load_work
from jobs.console.reports.measures import BY_KEY, MEASURES, WORK, Kind
from jobs.console.reports.period import CHOICES, Period, ReportForm
from jobs.console.views.board import neutral
from network.clock import app_now
from network.context import shell
from network.display import in_zone, trade_name
from network.models import ServiceType

#: Shares whose good rows are listed by who and why.
WITH_CAUSES = ("cancelled", "given-back")


def _asked(request: BranchRequest) -> tuple[ReportForm, Period, str | None]:
    at = shell(request)["shell"].now
    trades = list(
        ServiceType.objects.filter(branch=request.branch)
        .order_by("trade")
        .values_list("trade", flat=True)
        .distinct()
    )
    form = ReportForm(request.GET, branch=request.branch, trades=trades, at=at)
    return form, form.chosen, form.chosen_trade


def _frame(request: BranchRequest, form: ReportForm, period: Period) -> dict[str, Any]:
    kept = {"trade": form.chosen_trade} if form.chosen_trade else {}
    return {
        "nav": "reports",
        "branch": request.branch,
        "at": shell(request)["shell"].now,
        "form": form,
        "problems": form.problems,
        "period": period,
        "trade": trade_name(form.chosen_trade) if form.chosen_trade else "",
        "choices": [
            {
                "title": title,
                "url": f"?{urlencode({'period': key, **kept})}",
                "current": period.key == key,
            }
            for key, title in CHOICES
        ],
    }


@require_safe
@branch_page
def report(request: BranchRequest) -> HttpResponse:
    """All figures of a period; a fixed number of queries however many jobs there are."""
    form, period, trade = _asked(request)
    context = {
        **_frame(request, form, period),
        "cards": _cards(request, period, trade),
        "csv_url": reverse("console:reports_csv", kwargs={"branch": request.branch.slug})
        + f"?{request.GET.urlencode()}",
    }
    return render(request, "console/reports/report.html", context)


def _cards(request: BranchRequest, period: Period, trade: str | None) -> list[Card]:
    branch = request.branch
    links = Links(branch, period, trade)
    cards = [
        card_of(load(measure, branch=branch, period=period, trade=trade), links)
        for measure in MEASURES
    ]
    cards.append(work_card(load_work(branch=branch, period=period, trade=trade), links))
    cards.append(churn_card(load_churn(branch=branch, period=period, trade=trade), links))
    return cards


@require_safe
@branch_page
def report_csv(request: BranchRequest) -> HttpResponse:
    """The report's figures as CSV: one line a measure, by trade as well."""
    _, period, trade = _asked(request)
    rows: list[list[str]] = []
    for measure in MEASURES:
        result = load(measure, branch=request.branch, period=period, trade=trade)
        for name, now, before in [(trade or "all", result.now, result.before), *result.trades]:
            rows.append(_line(measure.key, name, period, measure.unit, now, before))
    for key, now, before in _of_firms(request, period, trade):
        rows.append(_line(key, trade or "all", period, "%", now, before))
    head = [
        "measure", "trade", "first", "last", "value", "unit", "counted", "margin_95",
        "value_before", "counted_before",
    ]  # fmt: skip
    return _csv(request, "report", head, rows)


def _of_firms(
    request: BranchRequest, period: Period, trade: str | None
) -> list[tuple[str, Figure, Figure]]:
    """The two figures that are counted from firms, now and before."""
    work = load_work(branch=request.branch, period=period, trade=trade)
    churn = load_churn(branch=request.branch, period=period, trade=trade)
    return [(WORK.key, work.now, work.before), (CHURN.key, churn.now, churn.before)]


def _line(
    key: str, trade: str, period: Period, unit: str, now: Figure, before: Figure
) -> list[str]:
    return [
        key,
        trade,
        str(period.first),
        str(period.last),
        "" if now.value is None else f"{now.value:.3f}",
        unit,
        str(now.n),
        "" if now.margin is None else f"{now.margin:.3f}",
        "" if before.value is None else f"{before.value:.3f}",
        str(before.n),
    ]


@require_safe
@branch_page
def measure(request: BranchRequest, measure: str) -> HttpResponse:
    """One figure: its trend, by trade and by cause, and the list behind it."""
    form, period, trade = _asked(request)
    links = Links(request.branch, period, trade)
    context = {
        **_frame(request, form, period),
        "report_url": reverse("console:branch_reports", kwargs={"branch": request.branch.slug})
        + "?"
        + urlencode(
            {"first": period.first, "last": period.last, **({"trade": trade} if trade else {})}
        ),
        "csv_url": reverse(
            "console:report_csv", kwargs={"branch": request.branch.slug, "measure": measure}
        )
        + f"?{request.GET.urlencode()}",
    }
    if measure == CHURN.key:
        churn = load_churn(branch=request.branch, period=period, trade=trade)
        context |= {"measure": CHURN, "churn": churn, "card": churn_card(churn, links)}
        return render(request, "console/reports/churn.html", context)
    if measure == WORK.key and not request.GET.get("contractor"):
        work = load_work(branch=request.branch, period=period, trade=trade)
        context |= {
            "measure": WORK,
            "work": work,
            "card": work_card(work, links),
            "firms": [
                {
                    "firm": firm,
                    "share": firm.now / work.total if work.total else 0,
                    "bar": share_bar(firm.now / work.total if work.total else 0),
                    "url": links.list(WORK.key, contractor=firm.public_id),
                    "before_url": links.list(
                        WORK.key, period=period.before, contractor=firm.public_id
                    ),
                }
                for firm in work.firms[: listing.MOST]
            ],
        }
        return render(request, "console/reports/work.html", context)
    found = _measure_of(measure)
    only = _only(request) if found.kind is Kind.SHARE else None
    contractor, cause = _contractor(request), request.GET.get("cause") or None
    if contractor and found is WORK:
        result = _work_of(contractor, request, period, trade)
    else:
        result = load(found, branch=request.branch, period=period, trade=trade)
    order = "newest" if found.kind is Kind.SHARE else _order(request)
    show = _show(request)
    rows = listing.load_rows(
        found, branch=request.branch, period=period, trade=trade, only=only,
        contractor=contractor, cause=cause, order=order, limit=show + 1,
    )  # fmt: skip
    causes = (
        load_causes(found, branch=request.branch, period=period, trade=trade)
        if found.key in WITH_CAUSES
        else []
    )
    total = sum(now for _, now, _ in causes)
    asked = request.GET.copy()
    asked["show"] = str(min(show + listing.PAGE, listing.MOST))
    context |= {
        "measure": found,
        "result": result,
        "card": card_of(result, links),
        "change": change_text(result),
        "chart": bars_of(result, links),
        "trades": [
            {
                "name": trade_name(name),
                "now": listing.value_text(found, now.value),
                "n": now.n,
                "few": now.few,
                "before": listing.value_text(found, before.value),
                "url": links.list(found.key, trade=name),
                "before_url": links.list(found.key, period=period.before, trade=name),
            }
            for name, now, before in result.trades
        ],
        "causes": [
            {
                "text": listing.note_text(note),
                "now": now,
                "before": before,
                "bar": share_bar(now / total if total else 0),
                "url": links.list(found.key, only="yes", cause=note),
                "before_url": links.list(found.key, period=period.before, only="yes", cause=note),
            }
            for note, now, before in causes
        ],
        "rows": [
            {
                "row": row,
                "trade": trade_name(row.trade),
                "value": listing.value_text(found, row.value, unit=listing.row_unit(found))
                if row.value is not None
                else "",
                "note": listing.note_text(row.note) if row.note else "",
            }
            for row in rows[:show]
        ],
        "may_show_more": len(rows) > show and show < listing.MOST,
        "more_url": f"?{asked.urlencode()}",
        "only": only,
        "halves": _halves(found, result, links, only) if found.yes else [],
        "order": order,
        "order_urls": _order_urls(request) if found.kind is not Kind.SHARE else [],
        "of_contractor": rows[0].contractor if contractor and rows else None,
        "of_cause": listing.note_text(cause) if cause else None,
    }
    return render(request, "console/reports/measure.html", context)


@require_safe
@branch_page
def measure_csv(request: BranchRequest, measure: str) -> HttpResponse:
    """Exactly the rows behind the figure, all of them."""
    _, period, trade = _asked(request)
    if measure == CHURN.key:
        churn = load_churn(branch=request.branch, period=period, trade=trade)
        zone = request.branch.time_zone
        rows: Iterable[list[str]] = [
            [one.name, str(one.joined_on), in_zone(one.left_at, zone).isoformat(), one.note]
            for one in churn.left
            if one.left_at
        ] + [[one.name, str(one.joined_on), "", ""] for one in churn.joined]
        return _csv(request, measure, ["contractor", "joined", "left", "note"], rows)
    if measure == WORK.key and not request.GET.get("contractor"):
        work = load_work(branch=request.branch, period=period, trade=trade)
        rows = [[firm.name, str(firm.now), str(firm.before)] for firm in work.firms]
        return _csv(request, measure, ["contractor", "visits", "visits_before"], rows)
    found = _measure_of(measure)
    listed = listing.load_rows(
        found,
        branch=request.branch,
        period=period,
        trade=trade,
        only=_only(request),
        contractor=_contractor(request),
        cause=request.GET.get("cause") or None,
    )
    return _csv(request, measure, listing.CSV_COLUMNS, listing.csv_rows(found, listed))


def _work_of(contractor: str, request: BranchRequest, period: Period, trade: str | None) -> Result:
    """One firm's share of the visits. Raises Http404 for a firm that is not in the list."""
    work = load_work(branch=request.branch, period=period, trade=trade)
    firm = next((one for one in work.firms if str(one.public_id) == contractor), None)
    if firm is None:
        raise Http404("There is no such contractor.")
    return Result(
        measure=replace(WORK, explains=f"Of all visits made, those of {firm.name}."),
        now=share(firm.now, work.total),
        before=share(firm.before, sum(one.before for one in work.firms)),
    )


def _measure_of(key: str) -> Any:
    if key == WORK.key:
        return WORK
    if key not in BY_KEY:
        raise Http404("There is no such figure.")
    return BY_KEY[key]


def _only(request: BranchRequest) -> bool | None:
    return {"yes": True, "no": False}.get(request.GET.get("only", ""))


def _contractor(request: BranchRequest) -> str | None:
    """A public id of the address; Http404 for what is none."""
    asked = request.GET.get("contractor")
    if not asked:
        return None
    try:
        return str(UUID(asked))
    except ValueError:
        raise Http404("There is no such contractor.") from None


def _order(request: BranchRequest) -> str:
    return "newest" if request.GET.get("order") == "newest" else "highest"


def _order_urls(request: BranchRequest) -> list[dict[str, Any]]:
    found = []
    for key, title in (("highest", "Highest first"), ("newest", "Newest first")):
        asked = request.GET.copy()
        asked["order"] = key
        found.append(
            {"title": title, "url": f"?{asked.urlencode()}", "current": key == _order(request)}
        )
    return found


def _halves(found: Any, result: Any, links: Links, only: bool | None) -> list[dict[str, Any]]:
    """The views over the list of a share: all, those that count, the others."""
    now = result.now
    return [
        {"title": "All", "n": now.n, "url": links.list(found.key), "current": only is None},
        {
            "title": found.yes[:1].upper() + found.yes[1:],
            "n": now.good,
            "url": links.list(found.key, only="yes"),
            "current": only is True,
        },
        {
            "title": found.no[:1].upper() + found.no[1:],
            "n": now.not_good,
            "url": links.list(found.key, only="no"),
            "current": only is False,
        },
    ]


def _show(request: BranchRequest) -> int:
    try:
        return min(max(int(request.GET.get("show", listing.PAGE)), listing.PAGE), listing.MOST)
    except ValueError:
        return listing.PAGE


def _csv(
    request: BranchRequest, name: str, head: list[str], rows: Iterable[list[str]]
) -> HttpResponse:
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    local = in_zone(app_now(), request.branch.time_zone)
    file = f"{request.branch.slug}-{name}-{local:%Y-%m-%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response
