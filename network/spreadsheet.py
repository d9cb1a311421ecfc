"""Cells for files that people open in a spreadsheet."""

from __future__ import annotations


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a quote before = + - @ tab and return."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
