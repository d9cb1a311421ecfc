"""The queue dashboard, for superusers only.

It can delete and re-run tasks of every branch, and django-rq's own rule lets any staff user in, so
each of its views is wrapped here; so are its statistics, which have a token of their own.
"""

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django_rq.urls import get_admin_urlpatterns, get_api_urlpatterns


def superusers_only(view: Any) -> Any:
    """Wrap a view: sign-in for the anonymous, 403 for anybody who is not a superuser."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


app_name = "django_rq"
urlpatterns = get_api_urlpatterns()
for pattern in urlpatterns:
    pattern.callback = superusers_only(pattern.callback)
urlpatterns += get_admin_urlpatterns(view_wrapper=superusers_only)
