"""Due work about papers: dates of clearance follow from them, and what ends is said."""

from __future__ import annotations

from network.services.clearance import refresh_stale_clearance


def settle_papers() -> int:
    """Let the dates of clearance follow changed papers; returns how many were written.

    Running it twice, late, or beside another copy changes nothing.
    """
    return len(refresh_stale_clearance())
