"""Policies, decisions, outcomes and scorecards: one file each."""

from ranking.models.decision import Decision
from ranking.models.dispute import Dispute, DisputeStatus
from ranking.models.means import BranchMeans
from ranking.models.outcome import DueTo, Outcome, OutcomeKind
from ranking.models.override import Override, OverrideHow, OverrideReason
from ranking.models.policy import PolicyStatus, RankingPolicy
from ranking.models.replay import Replay, ReplayStatus
from ranking.models.scorecard import Scorecard

__all__ = [
    "BranchMeans",
    "Decision",
    "Dispute",
    "DisputeStatus",
    "DueTo",
    "Outcome",
    "OutcomeKind",
    "Override",
    "OverrideHow",
    "OverrideReason",
    "PolicyStatus",
    "RankingPolicy",
    "Replay",
    "ReplayStatus",
    "Scorecard",
]
