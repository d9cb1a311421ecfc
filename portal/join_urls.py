"""Addresses of joining, below ``/portal/join/``."""

from django.urls import path

from portal.views import invitation, join, join_start, where

urlpatterns = [
    path("", join.join, name="join"),
    path("start/", join_start.start, name="join_start"),
    path("step/<int:step>/", join.step, name="join_step"),
    path("area/", where.wizard_area, name="join_area"),
    path("saved/", join.left, name="join_left"),
    path("status/", join.status, name="join_status"),
    path("submit/", join.submit, name="join_submit"),
    path("invited/<str:token>/", invitation.invited, name="invited"),
]
