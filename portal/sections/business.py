"""Business and contact: what the firm is called, who speaks for it, and how many work there."""

from __future__ import annotations

from typing import Any

from django import forms

from network.geo import lookup_zip
from network.services.businesses import set_business, tidy_phone
from network.zip_index import nearest_zip
from portal.sections.base import FormSection


class BusinessForm(forms.Form):
    """Step 1 of the wizard, before and after there is a contractor."""

    name = forms.CharField(
        label="Name of the business",
        max_length=120,
        help_text="As customers know it. Your own name is fine.",
        error_messages={"required": "Give the name of the business."},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    person = forms.CharField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Give your name."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label="Telephone",
        max_length=32,
        help_text="Where offers and the office reach you.",
        error_messages={"required": "Give a telephone number."},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(
        label="E-mail for work",
        max_length=254,
        error_messages={
            "required": "Give an e-mail address.",
            "invalid": "Give an e-mail address.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    postcode = forms.CharField(
        label="ZIP code of the business",
        help_text="Where your day begins.",
        error_messages={"required": "Give the ZIP code where your day begins."},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )
    crew = forms.ChoiceField(
        label="Who does the work?",
        choices=[("alone", "Only me"), ("firm", "Several of us")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether you work alone.", "invalid_choice": "Choose one."},
    )

    def __init__(self, *args: Any, in_wizard: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An applicant is written to where the account is; afterwards people come and go by name.
        del self.fields["email" if in_wizard else "crew"]

    def clean_phone(self) -> str:
        phone = tidy_phone(self.cleaned_data["phone"])
        if phone is None:
            raise forms.ValidationError(
                "Give a telephone number with its area code, as in (617) 555-0123."
            )
        return phone

    def clean_postcode(self) -> str:
        typed: str = self.cleaned_data["postcode"].strip()
        place = lookup_zip(typed)
        if place is None:
            raise forms.ValidationError(
                f"“{typed[:20]}” is not a US ZIP code of five digits, as in 02215."
            )
        return place.zip


class Business(FormSection[BusinessForm]):
    key = "business"
    step = 1
    title = "Your business"
    lead = "Who we call, and where your day begins."
    label = "Business and contact"
    icon = "building"
    template = "portal/sections/business.html"
    form_class = BusinessForm

    def initial(self) -> dict[str, Any]:
        contractor = self.contractor
        return {
            "name": contractor.name,
            "person": self.user.name,
            "phone": contractor.phone,
            "email": contractor.email,
            "postcode": nearest_zip(contractor.base_latitude, contractor.base_longitude),
            "crew": "firm" if self.is_firm else "alone",
        }

    def form_options(self) -> dict[str, Any]:
        return {"in_wizard": self.in_wizard}

    def write(self, cleaned: dict[str, Any]) -> None:
        set_business(
            contractor_id=self.contractor.pk,
            user_id=self.user.pk,
            name=cleaned["name"],
            person=cleaned["person"],
            phone=cleaned["phone"],
            email=cleaned.get("email", self.contractor.email),
            postcode=cleaned["postcode"],
            is_firm=cleaned["crew"] == "firm" if "crew" in cleaned else None,
        )

    def summary(self) -> str:
        return " · ".join(part for part in (self.contractor.name, self.contractor.phone) if part)
