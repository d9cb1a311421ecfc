"""RQ entry points of ranking: thin, ids only; running one twice changes nothing."""

from __future__ import annotations

from ranking.services import replays


def run_replay(replay_id: int) -> bool:
    """Queue ``default``: run one replay that was asked for in the admin."""
    return replays.run_replay(replay_id=replay_id)
