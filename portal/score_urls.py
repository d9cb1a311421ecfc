"""Addresses of the scorecard, of "why not me", and of the clients one works for."""

from django.urls import path

from portal.views import clients, missed, scorecard

urlpatterns = [
    path("scorecard/", scorecard.scorecard, name="scorecard"),
    path("scorecard/jobs/", missed.missed, name="missed"),
    path("scorecard/jobs/<uuid:public_id>/", missed.missed_one, name="missed_job"),
    path("scorecard/entries/<int:outcome_id>/", scorecard.outcome, name="outcome"),
    path("scorecard/entries/<int:outcome_id>/dispute/", scorecard.dispute, name="dispute"),
    path("scorecard/<slug:key>/", scorecard.figure, name="figure"),
    path("clients/", clients.clients, name="clients"),
    path("clients/<int:client_id>/refuse/", clients.refuse, name="refuse_client"),
    path("clients/<int:client_id>/accept/", clients.accept_again, name="accept_client"),
]
