"""Something for many: those picked in the list, or everybody of its filter.

The question shows how many it concerns; the answer says for each what was done, or why not. A
number of queries that does not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.console.access import BranchRequest, branch_page
from jobs.console.network.filters import ContractorFilter, address_of
from jobs.console.network.forms import AskPaperForm, MessageForm, PauseForm
from jobs.console.network.rows import contractor_url
from jobs.console.once import AlreadySent, hash_of, once, was_sent
from jobs.services.contractor_messages import (
    NO_ADDRESS,
    can_be_written_to,
    tell_of_requests,
    tell_of_standing,
    write_to_contractors,
)
from network.context import shell
from network.errors import NetworkError
from network.models import Branch, Contractor, ContractorEvent
from network.services.contractors import pause_many
from network.services.requests import ask_for_document

#: Results named on the page; the others are counted.
NAMED = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing to be done for many."""

    title: str
    button: str
    intro: str
    form: Callable[..., forms.Form]
    perform: Callable[..., dict[int, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def bulk(request: BranchRequest, action: str) -> HttpResponse:
    """Ask, then do it: ``pick`` are public ids, ``all`` means everybody of the filter."""
    kind = KINDS.get(action)
    if kind is None:
        raise Http404("There is no such action.")
    at: datetime = shell(request)["shell"].now
    branch = request.branch
    chosen = ContractorFilter(request.GET, branch=branch, at=at)
    everybody = bool(request.GET.get("all"))
    ids = chosen.ordered_ids() if everybody else _picked(request)
    # A filter with a mistake in it holds more people than was meant.
    refused = everybody and not chosen.form.is_valid()
    form = kind.form(request.POST or None, branch=branch, at=at)
    key = request.POST.get("key") or uuid4().hex
    context: dict[str, Any] = {
        "nav": "contractors",
        "branch": branch,
        "action": action,
        "kind": kind,
        "form": form,
        "key": key,
        "count": len(ids),
        "everybody": everybody,
        "refused": refused,
        "names": list(Contractor.objects.filter(pk__in=ids[:8]).values_list("name", flat=True)),
        "back_url": reverse("console:contractors", kwargs={"branch": branch.slug})
        + address_of(request.GET),
    }
    status = 200
    if request.method == "POST" and was_sent(key, **_once(request, kind)):
        # Whoever is paused has perhaps left the filter since.
        context["results"] = {"again": True}
    elif request.method == "POST" and ids and not refused:
        status = 422
        if form.is_valid() and _holds_the_same(form, request.POST.get("count"), len(ids)):
            done = _do(request, kind, form, ids, key)
            if done is not None:
                context["results"] = done
                status = 200
    return render(request, "console/network/bulk.html", context, status=status)


def _holds_the_same(form: forms.Form, shown: str | None, now: int) -> bool:
    """Whether as many are concerned as the question said; else the form says how many."""
    if shown == str(now):
        return True
    form.add_error(
        None, f"It concerns {now:,} contractors by now. Send it again if that is what you mean."
    )
    return False


def _once(request: BranchRequest, kind: Kind) -> dict[str, str]:
    return {
        "scope": f"form:{request.user.pk}",
        "operation": f"bulk-{kind.title.lower().replace(' ', '-')}",
    }


def _picked(request: BranchRequest) -> list[int]:
    keys = []
    for text in request.GET.getlist("pick"):
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    found = Contractor.objects.for_branch(request.branch).filter(public_id__in=keys)
    return list(found.order_by("name", "pk").values_list("pk", flat=True))


def _do(
    request: BranchRequest, kind: Kind, form: forms.Form, ids: Sequence[int], key: str
) -> dict[str, Any] | None:
    """The results by name; None when something has to be corrected, which the form then says."""
    outcome: dict[int, str] = {}

    def make() -> str:
        outcome.update(
            kind.perform(
                branch=request.branch,
                contractor_ids=ids,
                cleaned=form.cleaned_data,
                actor_id=request.user.pk,
                key=key,
            )
        )
        return key

    body = [(name, value) for name, values in request.POST.lists() for value in values]
    try:
        with transaction.atomic():
            _, is_new = once(
                **_once(request, kind),
                key=key,
                body_hash=hash_of(pair for pair in body if pair[0] != "csrfmiddlewaretoken"),
                make=make,
            )
    except NetworkError as error:
        form.add_error(error.field if error.field in form.fields else None, error.detail)
        return None
    except AlreadySent:
        form.add_error(None, "This form was sent before with other contents. Begin anew.")
        return None
    return _results(request.branch, ids, outcome, is_new=is_new)


def _results(
    branch: Branch, ids: Sequence[int], outcome: dict[int, str], *, is_new: bool
) -> dict[str, Any]:
    failed = [pk for pk in ids if outcome.get(pk)]
    named = [*failed, *(pk for pk in ids if not outcome.get(pk))][:NAMED]
    by_id = Contractor.objects.in_bulk(named)
    return {
        "again": not is_new,
        "done": len(ids) - len(failed),
        "failed": len(failed),
        "more": len(ids) - len(named),
        "lines": [
            {
                "name": by_id[pk].name,
                "url": contractor_url(branch, by_id[pk]),
                "why": outcome.get(pk, ""),
            }
            for pk in named
            if pk in by_id
        ],
    }


# -- what can be done --------------------------------------------------------------------------


def _write(
    *, branch: Branch, contractor_ids: Sequence[int], cleaned: dict[str, Any], actor_id: int,
    key: str,
) -> dict[int, str]:  # fmt: skip
    contractors = list(Contractor.objects.for_branch(branch).filter(pk__in=contractor_ids))
    reached = [one for one in contractors if can_be_written_to(one)]
    write_to_contractors(
        reached, branch=branch, subject=cleaned["subject"], text=cleaned["text"], key=key
    )
    ContractorEvent.objects.bulk_create(
        (
            ContractorEvent(
                contractor=one, actor_id=actor_id, action="message-written", note=cleaned["subject"]
            )
            for one in reached
        ),
        batch_size=1000,
    )
    return {one.pk: "" if can_be_written_to(one) else NO_ADDRESS for one in contractors}


def _pause(
    *, branch: Branch, contractor_ids: Sequence[int], cleaned: dict[str, Any], actor_id: int,
    key: str,
) -> dict[int, str]:  # fmt: skip
    until, reason = cleaned["until"], cleaned["reason"]
    outcome = pause_many(
        branch_id=branch.pk,
        contractor_ids=contractor_ids,
        until=until,
        actor_id=actor_id,
        note=reason,
    )
    paused = Contractor.objects.filter(pk__in=[pk for pk, why in outcome.items() if not why])
    tell_of_standing(
        list(paused),
        branch=branch,
        change="pause",
        reason=reason,
        key=key,
        until=until.astimezone(branch.zone).date(),
    )
    return outcome


def _ask(
    *, branch: Branch, contractor_ids: Sequence[int], cleaned: dict[str, Any], actor_id: int,
    key: str,
) -> dict[int, str]:  # fmt: skip
    asked = ask_for_document(
        branch_id=branch.pk,
        contractor_ids=contractor_ids,
        requirement_id=cleaned["requirement"].pk,
        note=cleaned["note"],
        due_on=cleaned["due_on"],
        actor_id=actor_id,
    )
    tell_of_requests(asked, branch=branch)
    reached = {one.contractor_id for one in asked}
    without = {one.contractor_id for one in asked if not can_be_written_to(one.contractor)}
    return {
        pk: "has left and was not asked"
        if pk not in reached
        else f"{NO_ADDRESS}: it stands in the portal only"
        if pk in without
        else ""
        for pk in contractor_ids
    }


def _message_form(data: Any, *, branch: Branch, at: datetime) -> forms.Form:
    return MessageForm(data)


def _paper_form(data: Any, *, branch: Branch, at: datetime) -> forms.Form:
    return AskPaperForm(data, branch=branch)


KINDS = {
    "message": Kind(
        "Write a message",
        "Send to",
        "Everybody gets it by e-mail or as a text, as they wish; a copy stands under Messages.",
        _message_form,
        _write,
    ),
    "pause": Kind(
        "Pause offers",
        "Pause",
        "No new offers until then; visits and offers that stand are not touched. "
        "Everybody is told.",
        PauseForm,
        _pause,
    ),
    "paper": Kind(
        "Ask for a paper",
        "Ask",
        "Everybody is asked by message, and it stands in the portal until it has been sent.",
        _paper_form,
        _ask,
    ),
}
