"""The sample branch of a demo: invented people, firms, history and jobs.

Seeded, the same on every start, and never added twice. What a visitor changed stays changed.
"""

from jobs.sample.accounts import DemoAccount, demo_accounts
from jobs.sample.loader import load_sample

__all__ = ["DemoAccount", "demo_accounts", "load_sample"]
