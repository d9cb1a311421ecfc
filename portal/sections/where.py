"""Where one works: within a radius, inside a drawn outline, or in a list of ZIP codes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404

from network import display
from network.areas import (
    LARGEST_RADIUS_KM,
    SMALLEST_RADIUS_KM,
    AreaError,
    Point,
    outline_of_geojson,
)
from network.errors import NetworkError
from network.geo import check_place, lookup_zip
from network.models import Branch, Territory, TerritoryKind
from network.services.territory import (
    preview_polygon_territory,
    preview_radius_territory,
    preview_zip_territory,
    set_polygon_territory,
    set_radius_territory,
    set_zip_territory,
)
from network.zip_index import nearest_zip
from portal.area_says import AreaSays, area_says
from portal.sections.base import FormSection

USUAL_RADIUS = {"mi": 10, "km": 15}
"""What an applicant starts from (ours)."""
SLIDER_TO = {"mi": 40, "km": 60}
"""The slider's end, in the branch's unit; the field takes more."""
_SEPARATORS = re.compile(r"[\s,;]+")
_CORNER = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*")


def _area_text(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(
        attrs={"rows": rows, "autocomplete": "off", "spellcheck": "false", **attrs}
    )


class WhereForm(forms.Form):
    """All three ways at once; only the chosen one is read, the others stay as they were typed."""

    kind = forms.ChoiceField(
        label="How to set your area",
        choices=[("radius", "Radius"), ("polygon", "Draw"), ("zips", "ZIP list")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one."},
    )
    base = forms.CharField(
        label="Around this ZIP code",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )
    # The point that was put by hand, and the ZIP code it was put for: another ZIP moves it.
    latitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    longitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    point_zip = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    radius = forms.FloatField(
        label="How far",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "Give a distance such as 12 or 7.5."},
    )
    outline = forms.CharField(
        label="Its corners",
        required=False,
        max_length=60_000,
        strip=True,
        help_text="One corner a line: latitude, longitude.",
        widget=_area_text(6),
    )
    zips = forms.CharField(
        label="ZIP codes",
        required=False,
        max_length=8_000,
        help_text="With spaces, commas or line breaks between them.",
        widget=_area_text(4, inputmode="numeric"),
    )
    left_out = forms.CharField(
        label="ZIP codes you leave out",
        required=False,
        max_length=8_000,
        help_text="Inside your area, but you do not go there.",
        widget=_area_text(2, inputmode="numeric"),
    )

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch = branch

    @property
    def chosen(self) -> str:
        """The kind that is shown: what was sent, else what is on record."""
        value = self["kind"].value()
        return value if value in TerritoryKind.values else TerritoryKind.RADIUS

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind")
        if kind == TerritoryKind.RADIUS:
            self._clean_point(data)
            self._clean_radius(data)
        elif kind == TerritoryKind.POLYGON and "outline" in data:
            try:
                data["points"] = read_outline(data["outline"])
            except AreaError as error:
                self.add_error("outline", error.detail)
        if kind in (TerritoryKind.RADIUS, TerritoryKind.POLYGON) and "left_out" in data:
            self._clean_left_out(data)
        return data

    def _clean_point(self, data: dict[str, Any]) -> None:
        typed = data.get("base", "").strip()
        latitude, longitude = data.get("latitude"), data.get("longitude")
        if typed == data.get("point_zip") and latitude is not None and longitude is not None:
            try:
                check_place(latitude, longitude)
            except ValueError as error:
                self.add_error("base", str(error))
            data["point"] = (latitude, longitude)
            return
        place = lookup_zip(typed)
        if place is None:
            self.add_error(
                "base",
                f"“{typed}” is not a US ZIP code of five digits, as in 02215."
                if typed
                else "Give the ZIP code in the middle of your area.",
            )
            return
        data["point"] = (place.latitude, place.longitude)

    def _clean_radius(self, data: dict[str, Any]) -> None:
        if "radius" not in data:
            return
        unit = self.branch.distance_unit
        per_unit = display.KM_PER_MILE if unit == "mi" else 1.0
        radius = data["radius"]
        km = None if radius is None else radius * per_unit
        if km is None or not SMALLEST_RADIUS_KM <= km <= LARGEST_RADIUS_KM:
            least, most = SMALLEST_RADIUS_KM / per_unit, LARGEST_RADIUS_KM / per_unit
            self.add_error("radius", f"Give a distance of {least:.2g} to {int(most)} {unit}.")
            return
        data["radius_km"] = km

    def _clean_left_out(self, data: dict[str, Any]) -> None:
        codes = split_zips(data["left_out"])
        unknown = [code for code in codes if lookup_zip(code) is None]
        if unknown:
            self.add_error(
                "left_out", f"“{unknown[0][:20]}” is not a US ZIP code of five digits, as in 02215."
            )
            return
        data["without"] = sorted({code[:5] for code in codes})


def split_zips(text: str) -> list[str]:
    """The words between spaces, commas and semicolons."""
    return [word for word in _SEPARATORS.split(text) if word]


def read_outline(text: str) -> list[Point]:
    """Corners from lines of ``latitude, longitude``, or from GeoJSON. Raises AreaError."""
    if not text:
        raise AreaError("no-outline", "Draw your area on the map, or give its corners.", "outline")
    if text.startswith("{"):
        try:
            return outline_of_geojson(json.loads(text))
        except ValueError as error:
            if isinstance(error, AreaError):
                raise
            raise AreaError("bad-outline", "Draw one area on the map.", "outline") from error
    points = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _CORNER.fullmatch(line)
        if match is None:
            raise AreaError(
                "bad-outline",
                f"Line {number} is no corner. Write it as 42.3601, -71.0589.",
                "outline",
            )
        points.append((float(match[1]), float(match[2])))
    return points


def write_outline(points: Sequence[Sequence[float]]) -> str:
    """The corners as ``read_outline`` reads them."""
    return "\n".join(f"{point[0]:.5f}, {point[1]:.5f}" for point in points)


class Where(FormSection[WhereForm]):
    key = "where"
    step = 3
    title = "Where do you work?"
    lead = "You are only asked about jobs inside this area. Change it any day."
    label = "Area"
    icon = "map-2"
    template = "portal/sections/where.html"
    scripts = (
        "vendor/leaflet-1.9.4/leaflet.js",
        "js/map-ground.js",
        "js/area-map.js",
    )
    sheets = ("css/sections.css", "vendor/leaflet-1.9.4/leaflet.css", "css/where.css")
    wide = True
    form_class = WhereForm

    _TO_FIELD = {"radius_km": "radius", "latitude": "base", "longitude": "base"}

    def __init__(self, acting: Any, **rest: Any) -> None:
        self._said: AreaSays | None = None
        self._territory: Territory | None = None
        super().__init__(acting, **rest)

    def form_options(self) -> dict[str, Any]:
        return {"branch": self.branch}

    def initial(self) -> dict[str, Any]:
        territory = Territory.objects.filter(contractor=self.contractor).first()
        self._territory = territory
        unit = self.branch.distance_unit
        latitude, longitude = self.contractor.base_latitude, self.contractor.base_longitude
        if territory is not None and territory.kind == TerritoryKind.RADIUS:
            latitude, longitude = territory.latitude, territory.longitude
        code = nearest_zip(latitude, longitude)
        radius: float = USUAL_RADIUS[unit]
        if territory is not None and territory.radius_km is not None:
            per_unit = display.KM_PER_MILE if unit == "mi" else 1.0
            radius = round(territory.radius_km / per_unit, 2)
        return {
            "kind": territory.kind if territory else TerritoryKind.RADIUS,
            "base": code,
            "point_zip": code,
            "latitude": f"{latitude:.6f}",
            "longitude": f"{longitude:.6f}",
            "radius": f"{radius:g}",
            "outline": write_outline(territory.outline) if territory and territory.outline else "",
            "zips": " ".join(territory.zips) if territory and territory.zips else "",
            "left_out": " ".join(territory.left_out) if territory else "",
        }

    def context(self) -> dict[str, Any]:
        unit = self.branch.distance_unit
        return {
            "form": self.form,
            "kind": self.form.chosen,
            "unit": unit,
            "km_per_unit": display.KM_PER_MILE if unit == "mi" else 1.0,
            "slider_to": SLIDER_TO[unit],
            "branch": self.branch,
            "in_wizard": self.in_wizard,
            "says": self.says(),
        }

    # -- what it means -----------------------------------------------------------------------

    def says(self) -> AreaSays | None:
        """What the area means as it stands; None while something is wrong with it, which is noted
        at its field. Nothing is saved.
        """
        if self._said is None:
            cleaned = self._as_it_stands()
            if cleaned is not None:
                try:
                    area, preview = self._preview(cleaned)
                except NetworkError as error:
                    self.refuse(error)
                else:
                    self._said = area_says(
                        branch=self.branch,
                        contractor_id=self.contractor.pk,
                        area=area,
                        preview=preview,
                        left_out=cleaned.get("without", ()),
                        now=self.now,
                    )
        return self._said

    def _as_it_stands(self) -> dict[str, Any] | None:
        if self.is_bound:
            return self.form.cleaned_data if self.form.is_valid() else None
        start = self.form_class(
            data={f"{self.key}-{name}": value for name, value in self.form.initial.items()},
            prefix=self.key,
            branch=self.branch,
        )
        return start.cleaned_data if start.is_valid() else None

    def _preview(self, cleaned: dict[str, Any]) -> Any:
        match cleaned["kind"]:
            case TerritoryKind.POLYGON:
                return preview_polygon_territory(branch=self.branch, outline=cleaned["points"])
            case TerritoryKind.ZIPS:
                return preview_zip_territory(branch=self.branch, zips=cleaned["zips"])
        latitude, longitude = cleaned["point"]
        return preview_radius_territory(
            branch=self.branch,
            latitude=latitude,
            longitude=longitude,
            radius_km=cleaned["radius_km"],
        )

    # -- small actions, for pages without script ---------------------------------------------

    def act(self, word: str) -> bool:
        """``look``: what it covers. ``more``: a little further. ``leave-02132``, ``back-02132``:
        without, with that ZIP code.
        """
        action, _, code = word.partition("-")
        if word == "more":
            self._reach_further()
        elif word != "look":
            if action not in ("leave", "back") or lookup_zip(code) is None:
                raise Http404(f"There is no {self.key}:{word}.")
            self._leave(code) if action == "leave" else self._take_back(code)
        self.form.is_valid()
        return False

    def _reach_further(self) -> None:
        said = self.says()
        if said is not None and said.more_step:
            self._set("radius", said.more_radius_text)

    def _leave(self, code: str) -> None:
        if self.form["kind"].value() == TerritoryKind.ZIPS:
            self._change("zips", without=code)
        else:
            self._change("left_out", add=code)

    def _take_back(self, code: str) -> None:
        self._change("left_out", without=code)

    def _change(self, name: str, *, add: str = "", without: str = "") -> None:
        codes = [code for code in split_zips(self.form[name].value() or "") if code[:5] != without]
        if add and add not in codes:
            codes.append(add)
        self._set(name, " ".join(codes))

    def _set(self, name: str, value: str) -> None:
        """As if this had been typed, the rest as it was sent."""
        self.data = {**dict((self.data or {}).items()), f"{self.key}-{name}": value}
        self._said = None
        self.form = self.make_form()

    # -- saving ------------------------------------------------------------------------------

    def write(self, cleaned: dict[str, Any]) -> None:
        contractor_id, actor_id = self.contractor.pk, self.user.pk
        match cleaned["kind"]:
            case TerritoryKind.POLYGON:
                set_polygon_territory(
                    contractor_id=contractor_id,
                    outline=cleaned["points"],
                    left_out=cleaned["without"],
                    actor_id=actor_id,
                )
            case TerritoryKind.ZIPS:
                set_zip_territory(
                    contractor_id=contractor_id, zips=cleaned["zips"], actor_id=actor_id
                )
            case _:
                latitude, longitude = cleaned["point"]
                set_radius_territory(
                    contractor_id=contractor_id,
                    latitude=latitude,
                    longitude=longitude,
                    radius_km=cleaned["radius_km"],
                    left_out=cleaned["without"],
                    actor_id=actor_id,
                )

    def refuse(self, error: NetworkError) -> None:
        field = self._TO_FIELD.get(error.field, error.field)
        super().refuse(NetworkError(error.code, error.detail, field))

    def summary(self) -> str:
        territory = Territory.objects.filter(contractor=self.contractor).first()
        if territory is None:
            return ""
        unit = self.branch.distance_unit
        match territory.kind:
            case TerritoryKind.ZIPS:
                text = f"{len(territory.zips or [])} ZIP codes"
            case TerritoryKind.POLYGON:
                text = "A drawn area"
            case _:
                code = nearest_zip(territory.latitude, territory.longitude)
                text = f"{display.distance(territory.radius_km, unit)} around {code}".strip()
        count = len(territory.left_out)
        return f"{text}, {count} ZIP code{'' if count == 1 else 's'} left out" if count else text
