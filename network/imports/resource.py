"""The contractor rows of an import, by django-import-export: new, changed or unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import resources
from import_export.instance_loaders import CachedInstanceLoader
from tablib import Dataset

from network.imports.drafts import Draft
from network.imports.mapping import ImportMapping
from network.models import Branch, Contractor

COLUMNS = ("external_ref", "name", "email", "phone")


class ContractorResource(resources.ModelResource):
    """Matches by ``external_ref`` within the branch. Only what the list has is changed later."""

    class Meta:
        model = Contractor
        fields = COLUMNS
        import_id_fields = ("external_ref",)
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        batch_size = 1000
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True
        store_instance = True

    def __init__(
        self,
        *,
        branch: Branch,
        mapping: ImportMapping,
        drafts: dict[str, Draft],
        today: date,
        progress: Callable[[int], None],
    ) -> None:
        super().__init__()
        self.branch = branch
        self.mapping = mapping
        self.drafts = drafts
        self.today = today
        self.progress = progress
        self.done = 0
        self.emails = {
            email.lower(): external_ref
            for email, external_ref in Contractor.objects.for_branch(branch)
            .exclude(email="")
            .exclude(status="left")
            .values_list("email", "external_ref")
        }

    def get_queryset(self) -> QuerySet[Contractor]:
        return Contractor.objects.for_branch(self.branch)

    def get_bulk_update_fields(self) -> list[str]:
        return [name for name in COLUMNS[1:] if self._is_listed(name)]

    def init_instance(self, row: Any = None) -> Contractor:
        """A new contractor with what the mapping gives to all of them."""
        mapping = self.mapping
        draft = self.drafts[row["external_ref"]]
        price = next((mapping.rates[t] for t in draft.trades if t in mapping.rates), None)
        contractor = Contractor(
            branch=self.branch,
            status=mapping.status,
            tier=mapping.tier,
            base_latitude=draft.latitude,
            base_longitude=draft.longitude,
            joined_on=self.today,
            is_simulated=mapping.made_up,
        )
        if price is not None:
            contractor.call_out_fee, contractor.hourly_rate = price.call_out_fee, price.hourly_rate
        if mapping.cleared_until is not None:
            contractor.cleared_until = contractor.clearance_override_until = mapping.cleared_until
            contractor.clearance_override_note = f"Set by the import of {mapping.source}."
        return contractor

    def import_field(
        self, field: Any, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any
    ) -> None:
        # What the list has no column for is the firm's own from the first import on.
        if instance.pk is None or self._is_listed(field.column_name):
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Field by field and without queries: what needs the table was read once."""
        errors = dict(import_validation_errors or {})
        try:
            instance.clean_fields(exclude=["branch", *errors])
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        owner = self.emails.get(instance.email.lower()) if instance.email else None
        if owner is not None and owner != instance.external_ref:
            errors["email"] = [f"{instance.email} is another firm’s address in this branch."]
        if errors:
            raise ValidationError(errors)

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        self.done += 1
        if self.done % 250 == 0:
            self.progress(self.done)

    def _is_listed(self, name: str) -> bool:
        return name == "external_ref" or name in self.mapping.columns


def dataset_of(drafts: list[Draft]) -> Dataset:
    """The rows as django-import-export takes them."""
    dataset = Dataset(headers=list(COLUMNS))
    for draft in drafts:
        dataset.append([draft.external_ref, draft.name, draft.email, draft.phone])
    return dataset
