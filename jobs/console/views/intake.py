"""Taking a job in by phone: the form, the ZIP look-up behind the pin, and who would be first."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.console.access import BranchRequest, branch_page, staff_actor
from jobs.console.intake_form import NewJobForm
from jobs.console.once import AlreadySent, hash_of, once
from jobs.errors import DomainError, InvalidInput
from jobs.models import Escalation, Job
from jobs.services.dispatch import resolve_escalation
from jobs.services.jobs import create_job
from jobs.states import Priority
from network import display
from network.availability import WorkOrder
from network.context import shell
from network.eligibility import find_eligible
from network.geo import distance_km, lookup_zip, site_cell

#: Questions that a follow-up job answers.
_FOLLOWED = ("needs_another_visit", "no_access")
#: The service's names of what can be wrong → the form's fields.
_FIELDS = {"window": "day", "service_type": "service_type"}
#: Contractors named in the preview.
NAMED = 3


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def new_job(request: BranchRequest) -> HttpResponse:
    """The form; posted, one job, however often it is sent."""
    at = shell(request)["shell"].now
    if request.method == "POST":
        form = NewJobForm(request.POST, branch=request.branch, at=at)
        if form.is_valid():
            answer = _create(request, form)
            if answer is not None:
                return answer
        status = 422
    else:
        initial = NewJobForm.fresh(request.branch, at)
        followed = _followed(request)
        if followed is not None:
            initial |= _prefill(followed)
        form = NewJobForm(initial=initial, branch=request.branch, at=at)
        status = 200
    context = {
        "nav": "new_job",
        "nav_needs": Escalation.objects.filter(
            branch=request.branch, closed_at__isnull=True
        ).count(),
        "branch": request.branch,
        "form": form,
        "follows": _followed(request),
    }
    return render(request, "console/new_job.html", context, status=status)


def _create(request: BranchRequest, form: NewJobForm) -> HttpResponse | None:
    """Make the job; None when something has to be corrected, which the form then says."""
    cleaned = form.cleaned_data
    body = [
        (k, v) for k, values in request.POST.lists() for v in values if k != "csrfmiddlewaretoken"
    ]

    def make() -> str:
        job = create_job(
            branch=request.branch,
            service_type=cleaned["service_type"],
            client=cleaned["client"],
            address=cleaned["address"],
            postcode=cleaned["postcode"],
            latitude=cleaned["latitude"],
            longitude=cleaned["longitude"],
            window_start=cleaned["window"].start,
            window_end=cleaned["window"].end,
            customer_name=cleaned["customer_name"],
            customer_phone=cleaned["customer_phone"],
            customer_email=cleaned["customer_email"],
            priority=cleaned["priority"] or None,
            duration_minutes=cleaned["duration_minutes"],
            not_to_exceed=cleaned["not_to_exceed"],
            description=cleaned["description"],
            source="console",
            actor=staff_actor(request),
        )
        _settle_followed(request, job)
        return str(job.public_id)

    try:
        made, is_new = once(
            scope=f"form:{request.user.pk}",
            operation="create_job",
            key=cleaned["key"],
            body_hash=hash_of(body),
            make=make,
        )
    except InvalidInput as error:
        for name, sentence in error.errors.items():
            field = _FIELDS.get(name, name)
            form.add_error(field if field in form.fields else None, sentence)
        return None
    except AlreadySent as error:
        _offer_second(form, error.made)
        return None
    job = Job.objects.get(public_id=made)
    if is_new:
        messages.success(request, f"{job.reference} is taken in; the search has begun.")
    return HttpResponseRedirect(
        reverse("console:job", kwargs={"branch": request.branch.slug, "job": made})
    )


def _offer_second(form: NewJobForm, made: str) -> None:
    """The form was sent before with other contents: it may be sent again as a second job."""
    reference = Job.objects.values_list("reference", flat=True).get(public_id=made)
    form.data = {**form.data.dict(), "key": uuid4().hex}  # type: ignore[attr-defined]
    form.add_error(
        None,
        f"This form has made {reference} already. Send it once more only if this is a second job; "
        "otherwise look at that one.",
    )


def _followed(request: BranchRequest) -> Job | None:
    """The job that this one follows up, of this branch."""
    text = request.POST.get("follows") or request.GET.get("from") or ""
    try:
        key = UUID(text)
    except ValueError:
        return None
    return Job.objects.filter(branch=request.branch, public_id=key).first()


def _prefill(job: Job) -> dict[str, Any]:
    return {
        "follows": str(job.public_id),
        "customer_name": job.customer_name,
        "customer_phone": job.customer_phone,
        "customer_email": job.customer_email,
        "client": job.client_id,
        "address": job.address,
        "postcode": job.postcode,
        "latitude": job.latitude,
        "longitude": job.longitude,
        "service_type": job.service_type_id,
        "priority": job.priority,
        "not_to_exceed": job.not_to_exceed,
        "description": f"{job.description}\nFollows {job.reference}. {job.closing_note}".strip(),
    }


def _settle_followed(request: BranchRequest, job: Job) -> None:
    followed = _followed(request)
    if followed is None:
        return
    open_questions = Escalation.objects.filter(
        job=followed, closed_at__isnull=True, kind__in=_FOLLOWED
    )
    for question in open_questions:
        resolve_escalation(
            escalation_id=question.pk,
            resolution=f"Follow-up {job.reference}",
            actor=staff_actor(request),
        )


@require_safe
@branch_page
def zip_lookup(request: BranchRequest) -> JsonResponse:
    """The middle of a ZIP for the map's pin; 404 with what is wrong."""
    text = request.GET.get("zip", "").strip()
    place = lookup_zip(text)
    branch = request.branch
    if place is None:
        return JsonResponse({"detail": "This ZIP is not known; check its five digits."}, status=404)
    away = distance_km(branch.latitude, branch.longitude, place.latitude, place.longitude)
    if away > branch.service_radius_km:
        unit = branch.distance_unit
        return JsonResponse(
            {
                "detail": f"{place.city} is {display.distance(away, unit)} from {branch.name}, "
                f"which serves {display.distance(branch.service_radius_km, unit)} around it."
            },
            status=404,
        )
    return JsonResponse(
        {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "place": f"{place.city}, {place.state}",
            "time_zone": place.time_zone,
        }
    )


@require_POST
@branch_page
def who_first(request: BranchRequest) -> HttpResponse:
    """Who could come, by what is typed so far. Nothing is written and nobody is asked.

    A POST because what is typed has no place in addresses and logs.
    """
    at = shell(request)["shell"].now
    form = NewJobForm(request.POST, branch=request.branch, at=at)
    form.is_valid()
    work = _work_of(form)
    context: dict[str, Any] = {"branch": request.branch, "ready": work is not None}
    if work is not None:
        try:
            found = find_eligible(work, at=at)
        except DomainError as error:
            context["problem"] = error.detail
        else:
            nearest = sorted(found.slots, key=lambda s: (s.travel_minutes, s.contractor_id))
            context |= {
                "count": len(found.slots),
                "left_out": found.not_eligible,
                "left_out_count": sum(found.not_eligible.values()),
                "zone": form.zone(),
                "nearest": [
                    {
                        "name": found.availability.contractor(slot.contractor_id).name,
                        "slot": slot,
                        "pay": found.availability.pay_for(
                            slot.contractor_id,
                            work.duration_minutes,
                            service_type_id=work.service_type_id,
                            client_id=work.client_id,
                            starts_at=slot.starts_at,
                        ),
                    }
                    for slot in nearest[:NAMED]
                ],
            }
    return render(request, "console/_who_first.html", context)


def _work_of(form: NewJobForm) -> WorkOrder | None:
    """The work order as far as it is typed; None while something it needs is missing."""
    cleaned = form.cleaned_data
    service, window = cleaned.get("service_type"), cleaned.get("window")
    place = lookup_zip(cleaned.get("postcode") or "")
    if service is None or window is None or place is None or window.end <= window.start:
        return None
    latitude, longitude = cleaned.get("latitude"), cleaned.get("longitude")
    if latitude is None or longitude is None:
        latitude, longitude = place.latitude, place.longitude
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    client = cleaned.get("client")
    return WorkOrder(
        branch_id=form.branch.pk,
        service_type_id=service.pk,
        client_id=client.pk if client else None,
        latitude=latitude,
        longitude=longitude,
        window_start=window.start,
        window_end=window.end,
        duration_minutes=cleaned.get("duration_minutes") or service.usual_duration_minutes,
        cell=site_cell(latitude, longitude),
        is_emergency=(cleaned.get("priority") or service.default_priority) == Priority.EMERGENCY,
    )
