"""How you are told: ways and their order, language, and notifications in browsers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.channels.vapid import application_server_key
from jobs.errors import InvalidInput
from jobs.models import MessagePreference, PushSubscription
from jobs.services.preferences import forget_browser, notify_browser, save_preferences
from jobs.services.ways import DEFAULT_WAYS, sms_is_on
from network.models import Language
from network.phones import e164
from portal.access import Acting, contractor_page
from portal.views.page import moment, portal_page

ORDERS = [
    ("email,sms", "E-mail, and a text if it does not arrive"),
    ("sms,email", "A text, and e-mail if it does not arrive"),
    ("email", "E-mail only"),
    ("sms", "A text only"),
]


class MessagesForm(forms.Form):
    urgent_ways = forms.ChoiceField(
        label="Offers and visits",
        choices=ORDERS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you want to be told."},
    )
    other_ways = forms.ChoiceField(
        label="Everything else",
        choices=ORDERS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you want to be told."},
    )
    waits = forms.BooleanField(label="Wait for my contact hours", required=False)
    language = forms.ChoiceField(label="Language of messages", required=False)

    def __init__(self, *args: Any, acting: Acting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branch = acting.contractor.branch
        own: Any = self.fields["language"]
        own.choices = [
            ("", f"{Language(branch.language).label}, as {branch.name} writes"),
            *Language.choices,
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@contractor_page
def preferences(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what was chosen; a POST keeps it."""
    _whole_firm(acting)
    contractor = acting.contractor
    row = MessagePreference.objects.filter(contractor=contractor).first()
    initial = {
        "urgent_ways": ",".join(row.urgent_ways if row else DEFAULT_WAYS),
        "other_ways": ",".join(row.other_ways if row else DEFAULT_WAYS),
        "waits": row.waits if row else True,
        "language": contractor.language,
    }
    form = MessagesForm(
        request.POST if request.method == "POST" else None, initial=initial, acting=acting
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_preferences(
                contractor_id=contractor.pk,
                urgent_ways=form.cleaned_data["urgent_ways"].split(","),
                other_ways=form.cleaned_data["other_ways"].split(","),
                waits=form.cleaned_data["waits"],
                language=form.cleaned_data["language"],
            )
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Kept. The next message comes this way.")
            return redirect("portal:messages")
    context = {
        "form": form,
        "number": e164(contractor.phone),
        "sms_is_on": sms_is_on(),
        "push_key": application_server_key(),
        "browsers": list(PushSubscription.objects.filter(user=acting.user)),
        "now": moment(request),
    }
    return portal_page(request, acting, "messages", context, nav="you")


@require_POST
@contractor_page
def browser(request: HttpRequest, acting: Acting) -> HttpResponse:
    """``do`` = add (from the script, answered in JSON) or remove (by row, or by address)."""
    _whole_firm(acting)
    data = request.POST
    if data.get("do") == "add":
        try:
            notify_browser(
                user=acting.user,
                endpoint=data.get("endpoint", ""),
                p256dh=data.get("p256dh", ""),
                auth=data.get("auth", ""),
                device=data.get("device", ""),
            )
        except InvalidInput as error:
            return JsonResponse({"error": str(error)}, status=422)
        return JsonResponse({"on": True})
    if data.get("endpoint"):
        forget_browser(user=acting.user, endpoint=data["endpoint"])
        return JsonResponse({"on": False})
    if data.get("id", "").isdigit() and len(data["id"]) < 19:
        forget_browser(user=acting.user, subscription_id=int(data["id"]))
        messages.success(request, "That browser is notified no more.")
    return redirect("portal:messages")


@require_safe
@cache_control(max_age=300)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows notifications. Under /portal/, so that it may speak for the portal."""
    found = finders.find("js/push-worker.js")
    if not isinstance(found, str):
        raise Http404("There is no such script.")
    with open(found, encoding="utf-8") as file:
        return HttpResponse(file.read(), content_type="text/javascript; charset=utf-8")


def _whole_firm(acting: Acting) -> None:
    if acting.technician_id is not None:
        raise Http404("Only whoever acts for the whole firm says how it is told.")


def summary_of(acting: Acting) -> str:
    """One line for *You*: by what offers come."""
    row = MessagePreference.objects.filter(contractor=acting.contractor).first()
    ways = row.urgent_ways if row else list(DEFAULT_WAYS)
    names = {"email": "e-mail", "sms": "text"}
    return "offers by " + ", then ".join(names[way] for way in ways)
