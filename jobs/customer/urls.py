"""Addresses of the customer's pages. Whoever has the link needs no account."""

from django.urls import path

from jobs.customer.views import page

app_name = "customer"

urlpatterns = [
    path("<str:token>/", page.page, name="page"),
]
