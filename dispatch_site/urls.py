"""Every address of the site. tests/house/test_role_table.py says who may open which."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from dispatch_site import health, home, mailbox
from jobs.api.api import api

admin.site.site_header = "Firstcall admin"
admin.site.site_title = "Firstcall"
admin.site.index_title = "What can be changed"
# The admin's own sign-in form has no rate limit; allauth's has.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("admin/rq/", include("dispatch_site.rq_urls")),
    path("admin/", admin.site.urls),
    path("console/", include("jobs.console.urls")),
    path("portal/", include("portal.urls")),
    path("c/", include("jobs.customer.urls")),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("hooks/", include("jobs.hooks.urls")),
    path("api/v1/", api.urls),
]
