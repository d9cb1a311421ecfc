"""The demo's mailbox: every e-mail and text that the site has sent, readable without a login.

There is no such page outside a demo. Whoever registers in a demo reads the mailed code here.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.models import DemoMail

SHOWN = 60


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest first; ``?mail=`` opens one, else the newest is open. 404 outside a demo."""
    if not settings.DEMO:
        raise Http404("Only a demo has a mailbox.")
    words = request.GET.get("q", "").strip().replace("\0", "")[:100]
    rows = DemoMail.objects.all()
    if words:
        rows = rows.filter(recipients__icontains=words) | rows.filter(subject__icontains=words)
    listed = list(rows[:SHOWN])
    wanted = request.GET.get("mail", "")
    opened = None
    if wanted.isdigit() and len(wanted) < 19:
        opened = DemoMail.objects.filter(pk=int(wanted)).first()
    context = {
        "listed": listed,
        "opened": opened or (listed[0] if listed else None),
        "picked": opened is not None,
        "q": words,
    }
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "_mailbox.html" if part else "mailbox.html", context)
