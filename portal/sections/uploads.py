"""Files in a section's form: one wording for what may be sent, and for one that is too large."""

from __future__ import annotations

from django import forms

from network.uploads import LARGEST_BYTES

_MEGABYTES = LARGEST_BYTES // 1024 // 1024
FILE_HELP = f"A PDF or a picture (JPEG, PNG, WebP), {_MEGABYTES} MB at most."
TOO_LARGE = f"The file is larger than {_MEGABYTES} MB. Send a smaller one; the rest is kept."


def file_field(label: str, *, required: bool = False) -> forms.FileField:
    """A file that the phone's camera may take as well."""
    return forms.FileField(
        label=label,
        required=required,
        max_length=200,
        help_text=FILE_HELP,
        widget=forms.FileInput(
            attrs={
                "accept": "application/pdf,image/jpeg,image/png,image/webp",
                "data-max-bytes": str(LARGEST_BYTES),
                "data-too-large": TOO_LARGE,
            }
        ),
        error_messages={
            "required": f"Choose the file. {FILE_HELP}",
            "empty": "The file is empty.",
            "max_length": "The name of the file is too long; shorten it.",
            "invalid": "The file did not arrive. Choose it again.",
        },
    )
