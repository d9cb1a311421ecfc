"""Where a contractor stands in the list that one came from, and who is before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

from jobs.console.network.filters import ContractorFilter, address_of
from network.models import Branch, Contractor


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``place`` of ``total``, 0 when the filter does not hold the contractor."""

    place: int
    total: int
    previous_url: str
    next_url: str
    list_url: str


def neighbours_of(
    contractor: Contractor, data: QueryDict, *, branch: Branch, at: datetime
) -> Neighbours:
    """By the filter in the address; four queries at most."""
    ids = ContractorFilter(data, branch=branch, at=at).ordered_ids()
    address = address_of(data)
    list_url = reverse("console:contractors", kwargs={"branch": branch.slug}) + address
    if contractor.pk not in ids:
        return Neighbours(0, len(ids), "", "", list_url)
    place = ids.index(contractor.pk)
    around = {
        name: ids[number]
        for name, number in (("previous", place - 1), ("next", place + 1))
        if 0 <= number < len(ids)
    }
    keys = dict(Contractor.objects.filter(pk__in=around.values()).values_list("pk", "public_id"))

    def url(name: str) -> str:
        if name not in around:
            return ""
        key = keys[around[name]]
        return (
            reverse("console:contractor", kwargs={"branch": branch.slug, "contractor": key})
            + address
        )

    return Neighbours(place + 1, len(ids), url("previous"), url("next"), list_url)
