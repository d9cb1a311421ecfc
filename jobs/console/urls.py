"""Addresses of the console. A branch stands in the address, so that a link says what it shows.

``~`` can be in no slug: those addresses lead to the pages of the user's own branch.
"""

from django.urls import include, path

from jobs.console.access import choose_branch, entry
from jobs.console.reports import views as reports
from jobs.console.views import (
    actions,
    board,
    digest,
    intake,
    job,
    messages,
    overrides,
    remedies,
    stream,
)

app_name = "console"

urlpatterns = [
    path("", entry("branch_board"), name="board"),
    path("~coverage/", entry("branch_coverage"), name="coverage"),
    path("~messages/", entry("branch_messages"), name="messages"),
    path("~ranking/", entry("branch_ranking"), name="ranking"),
    path("~new/", entry("branch_new_job"), name="new_job"),
    path("~reports/", entry("branch_reports"), name="reports"),
    path("~branch/", choose_branch, name="choose_branch"),
    path("<slug:branch>/", board.board, name="branch_board"),
    path("<slug:branch>/jobs.csv", board.jobs_csv, name="jobs_csv"),
    path("<slug:branch>/stream/", stream.stream, name="stream"),
    path("<slug:branch>/messages/", messages.messages_page, name="branch_messages"),
    path("<slug:branch>/messages/digest/", digest.digest_page, name="digest"),
    path("<slug:branch>/ranking/", overrides.ranking_page, name="branch_ranking"),
    path("<slug:branch>/ranking/try/", overrides.try_suggestion, name="try_suggestion"),
    path("<slug:branch>/coverage/", include("jobs.console.coverage.urls")),
    path("<slug:branch>/contractors/", include("jobs.console.network.urls")),
    path("<slug:branch>/reports/", reports.report, name="branch_reports"),
    path("<slug:branch>/reports.csv", reports.report_csv, name="reports_csv"),
    path("<slug:branch>/reports/<slug:measure>/", reports.measure, name="report"),
    path("<slug:branch>/reports/<slug:measure>.csv", reports.measure_csv, name="report_csv"),
    path("<slug:branch>/zip/", intake.zip_lookup, name="zip_lookup"),
    path("<slug:branch>/jobs/new/", intake.new_job, name="branch_new_job"),
    path("<slug:branch>/jobs/new/first/", intake.who_first, name="who_first"),
    path("<slug:branch>/jobs/<str:job>/", job.job_page, name="job"),
    path("<slug:branch>/jobs/<str:job>/not-eligible/", job.not_eligible, name="not_eligible"),
    path("<slug:branch>/jobs/<str:job>/assign/", actions.assign, name="assign"),
    path("<slug:branch>/jobs/<str:job>/next/", actions.offer_next, name="offer_next"),
    path("<slug:branch>/jobs/<str:job>/phone/", actions.phone_answer, name="phone_answer"),
    path("<slug:branch>/jobs/<str:job>/search/", actions.search_again, name="search_again"),
    path("<slug:branch>/jobs/<str:job>/rebook/", actions.rebook, name="rebook"),
    path("<slug:branch>/jobs/<str:job>/visit/", actions.visit_step, name="visit_step"),
    path("<slug:branch>/jobs/<str:job>/release/", actions.release, name="release"),
    path("<slug:branch>/jobs/<str:job>/cancel/", actions.cancel, name="cancel"),
    path("<slug:branch>/jobs/<str:job>/remedy/", remedies.remedy, name="remedy"),
    path("<slug:branch>/jobs/<str:job>/windows/", remedies.windows, name="offer_windows"),
    path("<slug:branch>/jobs/<str:job>/move/", remedies.move, name="move"),
    path("<slug:branch>/jobs/<str:job>/proposal/", remedies.proposal, name="proposal"),
    path("<slug:branch>/jobs/<str:job>/request/", remedies.customer_request, name="request"),
    path("<slug:branch>/jobs/<str:job>/follow-up/", remedies.follow_up, name="follow_up"),
    path("<slug:branch>/jobs/<str:job>/link/", remedies.link, name="customer_link"),
    path("<slug:branch>/jobs/<str:job>/photos/<uuid:photo>/", job.photo, name="customer_photo"),
    path("<slug:branch>/questions/<int:question>/", actions.settle, name="settle"),
]
