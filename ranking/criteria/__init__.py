"""The criteria, one class in one file each; importing them here makes them known."""

from ranking.criteria.acceptance import Acceptance
from ranking.criteria.base import (
    REGISTRY,
    Columns,
    Criterion,
    Field,
    Group,
    Measure,
    default_weights,
    fact_names,
    register,
)
from ranking.criteria.continuity import Continuity
from ranking.criteria.customer_rating import CustomerRating
from ranking.criteria.fair_share import FairShare
from ranking.criteria.first_time_fix import FirstTimeFix
from ranking.criteria.on_time import OnTime
from ranking.criteria.preferred_tier import PreferredTier
from ranking.criteria.price import Price
from ranking.criteria.reliability import Reliability
from ranking.criteria.response_speed import ResponseSpeed
from ranking.criteria.route_density import RouteDensity
from ranking.criteria.skill_level import SkillLevel
from ranking.criteria.travel_time import TravelTime

__all__ = [
    "REGISTRY",
    "Acceptance",
    "Columns",
    "Continuity",
    "Criterion",
    "CustomerRating",
    "FairShare",
    "Field",
    "FirstTimeFix",
    "Group",
    "Measure",
    "OnTime",
    "PreferredTier",
    "Price",
    "Reliability",
    "ResponseSpeed",
    "RouteDensity",
    "SkillLevel",
    "TravelTime",
    "default_weights",
    "fact_names",
    "register",
]
