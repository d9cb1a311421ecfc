"""The portal's people, for what they change for themselves."""

from tests.portal.conftest import *  # noqa: F403
