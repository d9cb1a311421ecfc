"""Addresses of the coverage pages, under a branch's own."""

from django.urls import path

from jobs.console.coverage import views

urlpatterns = [
    path("", views.coverage, name="branch_coverage"),
    path("what-if/", views.what_if, name="what_if"),
]
