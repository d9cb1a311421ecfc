"""The portal's people, for what they change for themselves."""

import pytest

from network.models import Branch, Skill
from tests.portal.conftest import *  # noqa: F403


@pytest.fixture
def heating(branch: Branch) -> Skill:
    """A skill that nobody has yet."""
    return Skill.objects.create(branch=branch, slug="heating", name="Heating")
