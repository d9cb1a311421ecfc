"""Addresses of the customer's pages. Whoever has the link needs no account."""

from django.urls import path

from jobs.customer.views import calendar, cancel, choose, move, notes, page, rate

app_name = "customer"

urlpatterns = [
    path("<str:token>/", page.page, name="page"),
    path("<str:token>/move/", move.move, name="move"),
    path("<str:token>/choose/", choose.choose, name="choose"),
    path("<str:token>/cancel/", cancel.cancel, name="cancel"),
    path("<str:token>/notes/", notes.add, name="notes"),
    path("<str:token>/photos/<uuid:photo>/", notes.photo, name="photo"),
    path("<str:token>/rate/", rate.rate, name="rate"),
    path("<str:token>/appointment.ics", calendar.appointment, name="calendar"),
]
