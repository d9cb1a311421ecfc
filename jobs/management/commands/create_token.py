"""Make an API token and print it, alone, on stdout."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from jobs.services.tokens import issue_token
from network.models import Branch, Contractor


class Command(BaseCommand):
    help = (
        "Make an API token. It is printed alone on stdout, this once: only its hash is kept. "
        "A token of a branch has the scope `dispatch`, one of a contractor the scope `contractor`. "
        "Revoke it in the admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("--branch", metavar="SLUG", help="the branch it may dispatch for")
        owner.add_argument(
            "--contractor", metavar="UUID", help="the contractor it may answer and report for"
        )
        parser.add_argument(
            "--name", default="", help="what it is for, shown in the admin and in job histories"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["branch"] is not None:
            branch = Branch.objects.filter(slug=options["branch"]).first()
            if branch is None:
                raise CommandError(
                    f"There is no branch {options['branch']!r}. Known: {_known_branches()}."
                )
            issued = issue_token(branch=branch, name=options["name"])
        else:
            issued = issue_token(
                contractor=_contractor(options["contractor"]), name=options["name"]
            )
        self.stderr.write("Keep it now, it is not shown again:")
        self.stdout.write(issued.text)


def _contractor(text: str) -> Contractor:
    try:
        public_id = UUID(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is not a contractor's id; give its UUID.") from error
    contractor = Contractor.objects.filter(public_id=public_id).first()
    if contractor is None:
        raise CommandError(f"There is no contractor with the id {public_id}.")
    return contractor


def _known_branches() -> str:
    slugs = Branch.objects.order_by("slug").values_list("slug", flat=True)[:20]
    return ", ".join(slugs) or "none yet"
