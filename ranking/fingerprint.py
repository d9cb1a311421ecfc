"""A short name for exactly these weights, rules and scope of a policy."""

from __future__ import annotations

import hashlib
import json

from ranking.models import RankingPolicy


def fingerprint(policy: RankingPolicy) -> str:
    """Changes with the weights, the rules or the scope; not with the note."""
    data = {
        "weights": {key: float(weight) for key, weight in policy.weights.items() if weight},
        "rules": policy.rules,
        "scope": policy.scope,
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:20]
