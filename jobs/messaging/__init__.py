"""What messages say: templates, languages, channels' wordings. docs/messages.md tells how.

A template is one function with the ``template`` decorator, in the file of its group, and its key
in ``Message.Template``.
"""

from jobs.messaging import (  # noqa: F401 (they register)
    appointments,
    changes,
    letters,
    offers,
    papers,
    replies,
    staff,
    visits,
)
from jobs.messaging.registry import Template, Text, of, registered, template, urgent_keys
from jobs.messaging.rendering import Rendered, kept_body, render, render_parts

__all__ = [
    "Rendered",
    "Template",
    "Text",
    "kept_body",
    "of",
    "registered",
    "render",
    "render_parts",
    "template",
    "urgent_keys",
]
