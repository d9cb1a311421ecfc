"""Writes of the ranking: policies, decisions, outcomes and scorecards."""
