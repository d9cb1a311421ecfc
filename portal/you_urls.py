"""Addresses under *You*: what a contractor states and settles, each on a page of its own."""

from django.urls import path

from portal.views import (
    changes,
    documents,
    feed,
    leave,
    messages,
    pause,
    people,
    profile,
    sections,
    where,
)

urlpatterns = [
    path("", profile.you, name="you"),
    path("pause/", pause.pause, name="pause"),
    path("resume/", pause.resume, name="resume"),
    path("leave/", leave.leave, name="leave"),
    path("calendar/", feed.settings, name="calendar_feed"),
    path("messages/", messages.preferences, name="messages"),
    path("messages/push/", messages.browser, name="push"),
    path("people/", people.people, name="people"),
    path("people/<uuid:public_id>/", people.person, name="person"),
    path("people/<uuid:public_id>/login/", people.login, name="person_login"),
    path("documents/<uuid:public_id>/", documents.document, name="document"),
    path("changes/<int:event_id>/", changes.change, name="change"),
    path("services/<int:service_id>/take/", changes.take_service, name="take_service"),
    path("where/covers/", where.own_area, name="where_covers"),
    # Last: a section's key is any word.
    path("<slug:key>/", sections.section, name="section"),
]
