"""The criteria, one class in one file each. A file in this folder is known by being there."""

from importlib import import_module
from pkgutil import iter_modules

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


def load_criteria() -> None:
    """Import every file of this folder, so that its criterion registers itself."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


load_criteria()

__all__ = [
    "REGISTRY",
    "Columns",
    "Criterion",
    "Field",
    "Group",
    "Measure",
    "default_weights",
    "fact_names",
    "load_criteria",
    "register",
]
