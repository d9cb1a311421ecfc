"""Takes requests of before in as demand: no job is made and nobody is asked.

A branch that begins to work here brings a past with it, without which it would not know for months
where it is thin. The same files and mappings serve as for jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import BinaryIO

from jobs.intake.drafts import Draft
from jobs.intake.errors import BadRow, IntakeError
from jobs.intake.mapping import IntakeMapping
from jobs.intake.service import BATCH, SAY_EVERY, Report, check_types, read_drafts
from jobs.models import PastRequest
from jobs.services.job_checks import locate
from network.clock import app_now
from network.geo import lookup_zip, site_cell
from network.models import Branch, ServiceType


def import_past_requests(
    stream: BinaryIO,
    *,
    branch: Branch,
    mapping: IntakeMapping,
    first_day: date | None = None,
    last_day: date | None = None,
    until_now: bool = False,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """Keep the requests of a CSV file as demand of the past; returns what became of each row.

    ``until_now`` moves the dates by whole weeks, so that weekdays stay and ``last_day`` falls into
    the seven days before today; it takes the place of the mapping's shift. Requests whose window
    has not passed are left out: what is still wanted is a job. Rows that cannot be used are
    reported and stop nobody; the same file again adds nothing. Raises IntakeError when file or
    mapping cannot be used.
    """
    kinds = check_types(branch, mapping)
    at = app_now()
    today = at.astimezone(mapping.zone).date()
    if until_now:
        if last_day is None:
            raise IntakeError("Name the last day of the file to move up to now, with --to.")
        weeks = (today - timedelta(days=1) - last_day).days // 7
        mapping = replace(mapping, shift=(last_day, last_day + timedelta(weeks=weeks)))
    report = Report(dry_run=dry_run)
    drafts = read_drafts(
        stream,
        mapping=mapping,
        report=report,
        today=today,
        first_day=first_day,
        last_day=last_day,
    )
    said = 0
    seen: set[str] = set()
    while batch := list(islice(drafts, BATCH)):
        known = set(
            PastRequest.objects.filter(
                branch=branch, external_ref__in=[draft.external_ref for draft in batch]
            ).values_list("external_ref", flat=True)
        )
        rows = []
        for draft in batch:
            if draft.window_start >= at:
                report.left_out += 1
            elif draft.external_ref in known or draft.external_ref in seen:
                report.already_there += 1
            else:
                try:
                    rows.append(_past_request(draft, branch, kinds))
                except BadRow as bad:
                    report.reject(draft.line, bad)
                else:
                    known.add(draft.external_ref)
                    if dry_run:
                        seen.add(draft.external_ref)
        report.created += len(rows)
        if rows and not dry_run:
            PastRequest.objects.bulk_create(rows, ignore_conflicts=True)
        if report.read - said >= SAY_EVERY:
            said = report.read
            say(f"{report.read:,} rows read, {report.created:,} past requests kept")
    return report


def _past_request(draft: Draft, branch: Branch, kinds: dict[str, ServiceType]) -> PastRequest:
    kind = kinds[draft.service_type]
    latitude, longitude, errors = locate(
        branch, draft.postcode, lookup_zip(draft.postcode), draft.latitude, draft.longitude
    )
    if latitude is None or longitude is None:
        raise BadRow(" ".join(errors.values()), "")
    return PastRequest(
        branch=branch,
        service_type=kind,
        window_start=draft.window_start,
        duration_minutes=draft.minutes or kind.usual_duration_minutes,
        postcode=draft.postcode,
        latitude=latitude,
        longitude=longitude,
        cell=site_cell(latitude, longitude),
        external_ref=draft.external_ref,
    )
