"""The admin of ranking: policies are edited here, everything else is shown."""

from ranking.admin.disputes import DisputeAdmin
from ranking.admin.policies import RankingPolicyAdmin
from ranking.admin.records import (
    BranchMeansAdmin,
    DecisionAdmin,
    OutcomeAdmin,
    OverrideAdmin,
    ScorecardAdmin,
)

__all__ = [
    "BranchMeansAdmin",
    "DecisionAdmin",
    "DisputeAdmin",
    "OutcomeAdmin",
    "OverrideAdmin",
    "RankingPolicyAdmin",
    "ScorecardAdmin",
]
