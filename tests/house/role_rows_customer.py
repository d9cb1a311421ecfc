"""The role table's rows for the customer's pages: the link decides, whoever is signed in."""

from __future__ import annotations

from jobs.services.customer_links import customer_token
from tests.house.role_row import Row, everybody
from tests.house.role_world import FullWorld


def of_link(world: FullWorld) -> dict[str, object]:
    return {"token": customer_token(world.booked_job)}


CUSTOMER = [
    Row("customer:page", everybody(200), kwargs=of_link),
]
