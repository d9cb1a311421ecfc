"""When those who were silent are asked once more. Pure arithmetic on aware UTC datetimes.

Silence is not a no, and whoever was booked up this morning may be free by noon. So while there is
time, a search that came to its end without a yes is made again, a few times and with a pause.
"""

from __future__ import annotations

from datetime import datetime, timedelta

#: How long an open question waits before the machine looks at the job again.
REMINDER = timedelta(hours=4)
#: Before each further try (ours): long enough that somebody at work has looked at his phone.
PAUSES = (timedelta(hours=1), timedelta(hours=4))
#: A pause is no longer than this share of the time left, so that a try is in time to be of use.
OF_THE_TIME_LEFT = 4
#: With less left until the last moment the dispatcher is better at it.
LEAST = timedelta(minutes=30)


def next_try(*, now: datetime, last_moment: datetime, tries: int) -> datetime | None:
    """When to search again after ``tries`` further searches in vain; None: no more.

    ``last_moment`` is when a contractor must have said yes at the latest.
    """
    left = last_moment - now
    if tries >= len(PAUSES):
        return None
    pause = min(PAUSES[tries], left / OF_THE_TIME_LEFT)
    return now + pause if left - pause >= LEAST else None
