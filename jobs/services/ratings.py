"""The customer rates a visit that took place: one to five stars and a word."""

from __future__ import annotations

from datetime import timedelta

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import Booking, VisitRating
from jobs.queue import DEFAULT, FOLD_OUTCOMES, hint
from jobs.services.booked import lock_booking, visit_outcome
from jobs.services.journal import Journal
from jobs.services.locked import database_now, lock_job
from jobs.services.transactions import service
from jobs.states import VisitResult
from ranking.models.outcome import OutcomeKind
from ranking.services.ratings import record_rating

#: So long after the first rating it can be changed (domain time, ours).
EDITABLE_FOR = timedelta(hours=24)
LONGEST_WORDS = 500


@service
def rate_visit(*, job_id: int, stars: int, words: str = "", actor: Actor) -> VisitRating:
    """Rate the job's completed visit, or change one's rating while that is possible.

    Raises InvalidInput (not 1 to 5, too long), MoveNotAllowed (nothing to rate, too late).
    """
    if not 1 <= stars <= 5:
        raise InvalidInput({"stars": "Choose one to five stars."})
    words = words.strip()
    if len(words) > LONGEST_WORDS:
        raise InvalidInput({"words": f"Please keep it under {LONGEST_WORDS} characters."})
    lock_job(job_id)
    done = Booking.objects.filter(job_id=job_id, end_kind=Booking.End.COMPLETED).first()
    if done is None or done.result == VisitResult.NO_ACCESS:
        raise MoveNotAllowed("There is no visit to rate yet.")
    job, booking = lock_booking(done.pk)
    journal = Journal(at=database_now())
    rating = VisitRating.objects.filter(booking=done).first()
    if rating is not None:
        if (rating.stars, rating.words) == (stars, words):
            return rating
        if journal.at >= rating.rated_at + EDITABLE_FOR:
            raise MoveNotAllowed("Your rating is kept by now and cannot be changed any more.")
        rating.stars, rating.words = stars, words
        rating.save(update_fields=["stars", "words"])
    else:
        rating = VisitRating.objects.create(
            booking=done, stars=stars, words=words, rated_at=journal.at
        )
    journal.event(job, "rated", actor, data={"stars": stars, "words": words})
    record_rating(
        visit_outcome(job, booking, OutcomeKind.RATING, rating.rated_at, value=float(stars))
    )
    hint(DEFAULT, FOLD_OUTCOMES)
    journal.contractor_changed(booking.contractor_id)
    journal.flush()
    return rating
