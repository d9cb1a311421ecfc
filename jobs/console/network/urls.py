"""Addresses of the pages about contractors, under the branch's."""

from django.urls import path

from jobs.console.network.views import (
    bulk,
    contractor,
    contractors,
    invitations,
    papers,
    reviews,
    standing,
)

urlpatterns = [
    path("", contractors.contractors, name="contractors"),
    path("contractors.csv", contractors.contractors_csv, name="contractors_csv"),
    path("for-many/<slug:action>/", bulk.bulk, name="bulk"),
    path("applications/", reviews.reviews, name="reviews"),
    path("applications/<uuid:contractor>/", reviews.application, name="application"),
    path("applications/<uuid:contractor>/approve/", reviews.approve, name="approve_application"),
    path("applications/<uuid:contractor>/back/", reviews.send_back, name="send_back_application"),
    path("applications/<uuid:contractor>/reject/", reviews.reject, name="reject_application"),
    path("papers/", papers.papers, name="papers"),
    path("papers/<uuid:document>/file/", papers.paper_file, name="paper_file"),
    path("papers/<uuid:document>/approve/", papers.approve_paper, name="approve_paper"),
    path("papers/<uuid:document>/reject/", papers.reject_paper, name="reject_paper"),
    path("papers/asked/<int:asked>/back/", papers.take_back, name="take_back_request"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/<uuid:invitation>/again/", invitations.resend, name="resend_invitation"),
    path("invitations/<uuid:invitation>/revoke/", invitations.revoke, name="revoke_invitation"),
    path("<uuid:contractor>/", contractor.contractor, name="contractor"),
    path("<uuid:contractor>/note/", contractor.note, name="note_contractor"),
    path("<uuid:contractor>/ask/", papers.ask_paper, name="ask_paper"),
    path(
        "<uuid:contractor>/do/<slug:action>/", standing.contractor_action, name="contractor_action"
    ),
]
