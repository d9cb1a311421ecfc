"""The roles of the role table."""

ROLES = (
    "anonymous",
    "dispatcher",
    "contractor",
    "admin",
    "other_dispatcher",
    "other_contractor",
)
