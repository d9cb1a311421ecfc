"""The criteria, one class in one file each; importing them here makes them known."""

from ranking.criteria.acceptance import Acceptance
from ranking.criteria.base import (
    REGISTRY,
    Columns,
    Criterion,
    Field,
    default_weights,
    fact_names,
    register,
)
from ranking.criteria.customer_rating import CustomerRating
from ranking.criteria.fair_share import FairShare
from ranking.criteria.preferred_tier import PreferredTier
from ranking.criteria.price import Price
from ranking.criteria.response_speed import ResponseSpeed
from ranking.criteria.skill_level import SkillLevel
from ranking.criteria.travel_time import TravelTime

__all__ = [
    "REGISTRY",
    "Acceptance",
    "Columns",
    "Criterion",
    "CustomerRating",
    "FairShare",
    "Field",
    "PreferredTier",
    "Price",
    "ResponseSpeed",
    "SkillLevel",
    "TravelTime",
    "default_weights",
    "fact_names",
    "register",
]
