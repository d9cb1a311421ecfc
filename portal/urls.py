"""Addresses of the contractor's pages. Messages link to offers and visits by these paths."""

from django.urls import include, path

from portal.views import (
    accept_login,
    calendar,
    changes,
    choose,
    feed,
    messages,
    offers,
    propose,
    sick,
    standby,
    stream,
    tap,
    today,
    visits,
)

app_name = "portal"

urlpatterns = [
    path("", today.today, name="today"),
    path("offers/", offers.offers, name="offers"),
    path("offers/<uuid:public_id>/", offers.offer, name="offer"),
    path("offers/<uuid:public_id>/accept/", offers.accept, name="accept"),
    path("offers/<uuid:public_id>/decline/", offers.decline, name="decline"),
    path("offers/<uuid:public_id>/own-terms/", propose.own_terms, name="own_terms"),
    path("visits/<uuid:public_id>/photos/<uuid:photo>/", visits.photo, name="visit_photo"),
    path("push-worker.js", messages.service_worker, name="service_worker"),
    path("o/<str:token>/", tap.tap, name="tap"),
    path("visits/", today.visits, name="visits"),
    path("visits/<uuid:public_id>/", visits.visit, name="visit"),
    path("visits/<uuid:public_id>/start/", visits.start, name="start"),
    path("visits/<uuid:public_id>/arrived/", visits.arrived, name="arrived"),
    path("visits/<uuid:public_id>/eta/", visits.eta, name="eta"),
    path("visits/<uuid:public_id>/complete/", visits.complete, name="complete"),
    path("visits/<uuid:public_id>/release/", visits.release, name="release"),
    path("standby/<uuid:public_id>/", standby.standby, name="standby"),
    path("standby/<uuid:public_id>/answer/", standby.answer, name="standby_answer"),
    path("sick/", sick.sick, name="sick"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/time-off/", calendar.time_off, name="time_off"),
    path("calendar/time-off/<int:entry_id>/remove/", calendar.remove, name="remove_time_off"),
    path("offers/<uuid:public_id>/correct/", changes.correct, name="correct"),
    path("you/", include("portal.you_urls")),
    path("login/<str:token>/", accept_login.accept_login, name="accept_login"),
    path("feed/<str:token>.ics", feed.feed, name="feed"),
    path("contractor/", choose.choose, name="choose"),
    path("join/", include("portal.join_urls")),
    path("", include("portal.score_urls")),
    path("stream/", stream.stream, name="stream"),
]
