"""Addresses that providers call. Each is 404 until its secret is set."""

from django.urls import path

from jobs.hooks import email, sms

app_name = "hooks"

urlpatterns = [
    path("email/", email.email_events, name="email"),
    path("sms/", sms.sms_events, name="sms"),
]
