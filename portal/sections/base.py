"""Sections: what a contractor states about the business, in parts that stand by themselves.

A section is shown twice: as (part of) a step of the wizard of ``/portal/join/``, and on a page of
its own under *You*. Both frames put its ``template`` into one ``<form method="post"
enctype="multipart/form-data">`` of theirs, with the context ``section`` and ``part`` (what
``context()`` gave), and bring the token and the buttons.

How a frame uses it, inside one transaction::

    section = Territory(acting, now=now, data=request.POST, files=request.FILES)
    if section.is_valid():
        section.save()        # raises SectionRefused: everything typed is still in the section

A small action beside saving (add a row, look up a ZIP) is a button ``name="act"
value="<key>:<word>"``; the frame calls ``act(word)`` instead of saving.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.core.files.storage import default_storage
from django.http import Http404

from network.errors import NetworkError
from network.models import Branch, Contractor, User
from portal.access import Acting
from portal.wording import for_reader

Form = TypeVar("Form", bound=forms.Form)


class SectionRefused(Exception):
    """A section could not be saved. It has noted why, field by field, and kept what was typed."""


class Section:
    """One part. Input names begin with ``<key>-`` so that several fit into one form."""

    key: ClassVar[str]
    """Also the path of its own page: lower case, hyphens."""
    step: ClassVar[int]
    """The step of the wizard (1 to 5) that shows it."""
    title: ClassVar[str]
    """A question or a name, as the heading of its own page."""
    lead: ClassVar[str] = ""
    """A sentence below the heading."""
    label: ClassVar[str] = ""
    """Its name in lists, in two or three words."""
    icon: ClassVar[str] = "pencil"
    template: ClassVar[str]
    """The partial with the fields; gets ``section`` and ``part``."""
    scripts: ClassVar[tuple[str, ...]] = ()
    """Static paths, loaded with ``defer`` in this order."""
    sheets: ClassVar[tuple[str, ...]] = ()
    """Static paths of style sheets it needs."""
    wide: ClassVar[bool] = False
    """Whether it uses a second column on a wide screen (a map)."""

    def __init__(
        self,
        acting: Acting,
        *,
        now: datetime,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        in_wizard: bool = False,
    ) -> None:
        self.acting = acting
        self.contractor: Contractor = acting.contractor
        self.branch: Branch = acting.contractor.branch
        self.user: User = acting.user
        self.is_firm: bool = acting.is_firm
        self.now = now
        self.data = data
        self.files = files
        self.in_wizard = in_wizard
        self.too_large = False
        """Set by the frame when a file was dropped while it arrived (``network.uploads``)."""
        self.kept_files: list[str] = []
        """Stored names of files that ``save`` took in; ``forget_files`` if it is rolled back."""

    @property
    def is_bound(self) -> bool:
        """Whether something was sent."""
        return self.data is not None

    @classmethod
    def is_for(cls, acting: Acting) -> bool:
        """Whether this user has it at all: a login of one technician states no prices."""
        return acting.technician_id is None

    def context(self) -> dict[str, Any]:
        """What the template reads as ``part``."""
        return {}

    def is_valid(self) -> bool:
        """Whether what was sent can be saved; what is wrong is then noted at its field."""
        raise NotImplementedError

    def save(self) -> None:
        """Write it by the network's services. Raises SectionRefused, with the errors noted.

        Runs in the frame's transaction: another section's refusal takes it back.
        """
        raise NotImplementedError

    def forget_files(self) -> None:
        """Delete the stored files of a save that was taken back: no row names them any more."""
        for name in self.kept_files:
            default_storage.delete(name)

    def act(self, word: str) -> bool:
        """Do what a button ``<key>:<word>`` asks for. Raises Http404 for an unknown word.

        True: it is done and the page can be fetched anew. False: show the page again as it was
        sent, with what ``context()`` says now.
        """
        raise Http404(f"There is no {self.key}:{word}.")

    def summary(self) -> str:
        """What it says now, in a line for lists; empty when there is nothing yet."""
        return ""


class FormSection(Section, Generic[Form]):
    """A section that is one Django form, reached by the template as ``part.form``."""

    form_class: type[Form]

    def __init__(self, acting: Acting, **rest: Any) -> None:
        super().__init__(acting, **rest)
        self.form: Form = self.make_form()

    def make_form(self) -> Form:
        return self.form_class(
            data=self.data,
            files=self.files,
            prefix=self.key,
            initial={} if self.is_bound else self.initial(),
            **self.form_options(),
        )

    def initial(self) -> dict[str, Any]:
        """What is on record, by field."""
        return {}

    def form_options(self) -> dict[str, Any]:
        """More arguments of the form."""
        return {}

    def context(self) -> dict[str, Any]:
        return {"form": self.form}

    def is_valid(self) -> bool:
        return self.form.is_valid()

    def write(self, cleaned: dict[str, Any]) -> None:
        """Save cleaned data. A NetworkError is put beside the field it names."""
        raise NotImplementedError

    def save(self) -> None:
        try:
            self.write(self.form.cleaned_data)
        except NetworkError as error:
            self.refuse(error)
            raise SectionRefused(str(error)) from error

    def refuse(self, error: NetworkError) -> None:
        """Note a service's refusal at its field, or above the form."""
        field = error.field if error.field in self.form.fields else None
        self.form.add_error(field, for_reader(error.detail, is_firm=self.is_firm))
