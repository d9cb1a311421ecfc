"""Lists of contractors: mapping, reading, what goes in, what is said, and taking it back."""

from __future__ import annotations

import json
from datetime import date, time
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from network.catalogue import create_branch_catalogue
from network.errors import NetworkError
from network.geo import cell_and_ancestors, lookup_zip, site_cell
from network.imports.mapping import load_mapping, parse_mapping
from network.imports.reading import read_rows
from network.imports.service import import_contractors, last_import, undo_last_import
from network.models import (
    Contractor,
    ContractorImport,
    ContractorUser,
    Document,
    Requirement,
    Technician,
    TechnicianSkill,
    Territory,
    TerritoryCell,
    User,
    WorkingHours,
)
from tests.network.factories import make_branch, make_contractor

EXAMPLE = Path("docs/examples/boston-contractors.toml")
MAPPING = """
source = "list"
[columns]
key = "ID"
name = "Firm"
email = "Mail"
phone = "Phone"
zip = "Zip"
trade = "Code"
technicians = "Staff"
[zip]
pad = true
[new]
status = "active"
cleared_until = 2027-06-30
radius_km = 10
days = ["mon", "sat"]
hours = "07:00-15:30"
level = 3
technicians = [1, 3]
[rates]
plumbing = { call_out_fee = 55, hourly_rate = 101.5 }
[trades]
P = ["plumbing"]
PH = ["plumbing", "hvac"]
X = []
U = ["unicorns"]
"""
HEADING = "ID,Firm,Mail,Phone,Zip,Code,Staff"


def listed(*rows: str) -> bytes:
    return "\n".join([HEADING, *rows]).encode()


GOOD = listed(
    "1,Harold’s,Harold@firm.example,555-0100,2215,PH,2",
    "2,Lisa’s,,,02116,P,",
    "3,Big,,,02115.0,P,900",
)


@pytest.fixture
def branch():
    branch = make_branch()
    create_branch_catalogue(branch)
    return branch


def run(branch, content: bytes, mapping: str = MAPPING, **options):
    return import_contractors(
        branch=branch,
        content=content,
        file_name="list.csv",
        mapping=parse_mapping(mapping),
        **options,
    )


class TestMapping:
    def test_the_example_is_read(self) -> None:
        mapping = load_mapping(EXAMPLE)
        assert mapping.source == "ppp2020"
        assert mapping.trades["238220"] == ("plumbing", "hvac")
        assert mapping.trades["561621"] == ()
        assert mapping.needed_columns() == ["Zip", "NAICSCode", "JobsRetained", "City"]

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('source = "list"', "", "source"),
            ('zip = "Zip"', "", "[columns] must name zip"),
            ('zip = "Zip"', 'zipp = "Zip"', "unknown “zipp”"),
            ('name = "Firm"', "", "[name] template"),
            ("[zip]", "[zips]", "unknown “zips”"),
            ('status = "active"', 'status = "boss"', "applicant or active"),
            ("level = 3", "level = 4", "[new] level must be 1 to 3"),
            ("radius_km = 10", "radius_km = 900", "radius_km"),
            ('"mon", "sat"', '"mon", "someday"', "[new] days"),
            ("07:00-15:30", "7-15", "[new] hours"),
            ("[1, 3]", "[3, 1]", "[new] technicians"),
            ("2027-06-30", '"soon"', "cleared_until"),
            ('P = ["plumbing"]', 'P = "plumbing"', "[trades] “P”"),
            ("hourly_rate = 101.5", "hourly_rate = -1", "[rates] plumbing"),
            ("level = 3", "level =", "not valid TOML"),
            ("[zip]", '[name]\ntemplate = "{Firm.__class__!r}"\n[zip]', "only columns"),
        ],
    )
    def test_a_slip_is_one_clear_message(self, old, new, words) -> None:
        assert old in MAPPING
        with pytest.raises(NetworkError) as refusal:
            parse_mapping(MAPPING.replace(old, new, 1))
        assert words in refusal.value.detail
        assert refusal.value.field == "mapping"

    def test_a_file_that_is_not_there(self, tmp_path) -> None:
        with pytest.raises(NetworkError):
            load_mapping(tmp_path / "no.toml")


class TestReading:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "empty"),
            (b"A,B\n1,2\n", "no column “Zip”. It has: A, B"),
            ("Zip\nM\xfcnchen".encode("latin-1"), "Line 2 is not UTF-8"),
            (b"Zip\n\0\0", "neither CSV nor XLSX"),
            (b"PK\x03\x04 no workbook", "cannot be opened"),
            (b"Zip\n" + b"x" * 200_000, "Line 2 cannot be read as CSV"),
        ],
    )
    def test_what_is_no_list(self, content, words) -> None:
        with pytest.raises(NetworkError) as refusal:
            read_rows(content, needed=["Zip"])
        assert words in refusal.value.detail
        assert refusal.value.field == "file"

    def test_lines_are_those_of_the_file(self) -> None:
        content = '\ufeffZip;Name\n1;"a\nb"\n\n;\n2;c\n3\n'.encode()
        assert read_rows(content, needed=["Zip"]) == [
            (2, {"Zip": "1", "Name": "a\nb"}),
            (6, {"Zip": "2", "Name": "c"}),
            (7, {"Zip": "3", "Name": ""}),
        ]

    def test_a_workbook_reads_as_typed(self) -> None:
        book, out = Workbook(), BytesIO()
        book.active.append(["Zip", "Name"])
        book.active.append([2215, "Harold"])
        book.active.append([None, None])
        book.active.append([2116.0, None])
        book.save(out)
        assert read_rows(out.getvalue(), needed=["Zip"]) == [
            (2, {"Zip": "2215", "Name": "Harold"}),
            (4, {"Zip": "2116", "Name": ""}),
        ]


@pytest.mark.django_db
class TestImport:
    def test_a_firm_goes_in_whole(self, branch) -> None:
        report = run(branch, GOOD)
        assert report.counts() == {
            "read": 3,
            "created": 3,
            "updated": 0,
            "unchanged": 0,
            "without_trade": 0,
            "rejected": 0,
        }
        harold = Contractor.objects.get(branch=branch, external_ref="list:1")
        place = lookup_zip("02215")
        assert (harold.name, harold.email, harold.phone) == (
            "Harold’s",
            "harold@firm.example",
            "555-0100",
        )
        assert (harold.status, harold.cleared_until) == ("active", date(2027, 6, 30))
        assert harold.clearance_override_note == "Set by the import of list."
        assert (harold.call_out_fee, float(harold.hourly_rate)) == (55, 101.5)
        assert (harold.base_latitude, harold.base_longitude) == (place.latitude, place.longitude)
        assert [t.name for t in harold.technicians.order_by("name")] == [
            "Technician 1",
            "Technician 2",
        ]
        slugs = TechnicianSkill.objects.filter(contractor=harold).values_list(
            "skill__slug", "level"
        )
        assert {("plumbing", 3), ("boilers", 3), ("drains", 3)} <= set(slugs)
        hours = WorkingHours.objects.filter(technician__contractor=harold)
        assert set(hours.values_list("weekday", "starts", "ends")) == {
            (0, time(7), time(15, 30)),
            (5, time(7), time(15, 30)),
        }
        territory = Territory.objects.get(contractor=harold)
        assert (territory.kind, territory.radius_km) == ("radius", 10)
        cells = cell_and_ancestors(site_cell(place.latitude, place.longitude))
        assert TerritoryCell.objects.filter(contractor=harold, cell__in=cells).exists()
        lisa, big = (Contractor.objects.get(external_ref=f"list:{n}") for n in (2, 3))
        assert [t.name for t in lisa.technicians.all()] == ["Lisa’s"]
        assert big.technicians.count() == 3, "clipped"

    def test_a_trial_writes_nothing_and_says_everything(self, branch) -> None:
        report = run(branch, GOOD, dry_run=True)
        assert (report.created, report.import_id) == (3, "")
        assert report.changes[0].fields["email"] == ("", "harold@firm.example")
        assert report.changes[0].fields["trades"] == ("", "plumbing, hvac")
        assert report.changes[0].fields["technicians"] == ("", "2")
        for model in (Contractor, Technician, Territory, ContractorImport):
            assert not model.objects.exists()

    def test_the_same_list_again_changes_nothing(self, branch) -> None:
        run(branch, GOOD)
        before = ContractorImport.objects.count()
        report = run(branch, GOOD)
        assert (report.created, report.updated, report.unchanged) == (0, 0, 3)
        assert Contractor.objects.count() == 3
        assert ContractorImport.objects.count() == before, "nothing to undo in it"

    def test_a_changed_row_updates_what_the_list_has_and_undo_gives_it_back(self, branch) -> None:
        run(branch, GOOD)
        Contractor.objects.filter(external_ref="list:1").update(status="suspended", tier=3)
        changed = GOOD.replace("Harold’s".encode(), b"Harold Ltd").replace(b"555-0100", b"555-0101")
        report = run(branch, changed)
        assert (report.created, report.updated, report.unchanged) == (0, 1, 2)
        [change] = report.changes
        assert change.line == 2
        assert change.fields == {
            "name": ("Harold’s", "Harold Ltd"),
            "phone": ("555-0100", "555-0101"),
        }
        harold = Contractor.objects.get(external_ref="list:1")
        assert (harold.name, harold.status, harold.tier) == ("Harold Ltd", "suspended", 3)
        undone = undo_last_import(branch=branch)
        assert (undone.removed, undone.restored, undone.kept) == (0, 1, [])
        harold.refresh_from_db()
        assert (harold.name, harold.phone) == ("Harold’s", "555-0100")
        assert last_import(branch_id=branch.pk) is not None, "the first import is the last now"

    def test_bad_rows_are_named_and_stop_no_other(self, branch) -> None:
        make_contractor(branch, email="taken@firm.example")
        report = run(
            branch,
            listed(
                "1,Good,,,02215,P,1",
                "2,,,,02215,P,1",
                "3,Foreign,,,K1A 0B1,P,1",
                "4,Far,,,10115,P,1",
                "5,Mail,nonsense,,02215,P,1",
                "6,Mail,a@b.example,,02215,P,1",
                "7,Mail,A@b.example,,02215,P,1",
                "8,Taken,Taken@firm.example,,02215,P,1",
                "1,Twin,,,02215,P,1",
                ",Keyless,,,02215,P,1",
                f"9,{'N' * 121},,,02215,P,1",
                "10,Locks,,,02215,X,1",
                "11,Horns,,,02215,U,1",
                "12,Other,,,02215,??,1",
                "13,Short",
            ),
        )
        assert report.created == 2
        assert report.without_trade == {"X": 1, "U": 1, "??": 1}
        assert report.without_trade_lines == [13, 14, 15]
        assert [(row.line, row.column, row.reason) for row in report.rejected] == [
            (3, "Firm", "There is no name."),
            (4, "Zip", "“K1A 0B1” is not a US ZIP code."),
            (5, "Zip", "10115 (New York, NY) lies too far outside the branch."),
            (6, "Mail", "“nonsense” is not an e-mail address."),
            (8, "Mail", "Line 7 has the same e-mail address."),
            (9, "Mail", "taken@firm.example is another firm’s address in this branch."),
            (10, "ID", "An earlier line has the same key."),
            (11, "ID", "There is no key."),
            (12, "Firm", "The name has more than 120 characters."),
            (16, "Code", "There is no trade."),
        ]

    def test_twins_without_a_key_are_two_firms_with_two_names(self, branch) -> None:
        content = b"City,State,Zip,NAICSCode,JobsRetained\n" + b"QUINCY,MA,2169,238220,\n" * 2
        for created in (2, 0):
            report = import_contractors(
                branch=branch,
                content=content,
                file_name="ppp.csv",
                mapping=load_mapping(EXAMPLE),
            )
            assert report.created == created
        names = Contractor.objects.order_by("name").values_list("name", "is_simulated")
        assert list(names) == [("Plumbing, Quincy", True), ("Plumbing, Quincy No. 2", True)]

    def test_another_branch_has_its_own(self, branch) -> None:
        other = make_branch()
        create_branch_catalogue(other)
        run(branch, GOOD)
        assert run(other, GOOD).created == 3
        assert undo_last_import(branch=other).removed == 3
        assert Contractor.objects.filter(branch=branch).count() == 3


@pytest.mark.django_db
class TestUndo:
    def test_everything_the_import_made_goes(self, branch) -> None:
        mine = make_contractor(branch)
        run(branch, GOOD)
        assert undo_last_import(branch=branch).removed == 3
        assert list(Contractor.objects.all()) == [mine]
        assert not Technician.objects.exists()
        assert set(TerritoryCell.objects.values_list("contractor_id", flat=True)) == {mine.pk}
        with pytest.raises(NetworkError):
            undo_last_import(branch=branch)
        assert run(branch, GOOD).created == 3, "the same list can go in again"

    def test_what_was_used_since_is_kept_and_named(self, branch) -> None:
        run(branch, GOOD)
        harold, lisa = (Contractor.objects.get(external_ref=f"list:{n}") for n in (1, 2))
        ContractorUser.objects.create(
            user=User.objects.create_user("h@firm.example"), contractor=harold
        )
        requirement = Requirement.objects.create(
            branch=branch, name="R", kind="licence", required_from=date(2026, 1, 1)
        )
        Document.objects.create(
            contractor=lisa, requirement=requirement, kind="licence", size_bytes=1
        )
        undone = undo_last_import(branch=branch)
        assert (undone.removed, undone.kept) == (1, ["Harold’s", "Lisa’s"])
        assert harold.technicians.count() == 2
        assert Territory.objects.filter(contractor=lisa).exists()


@pytest.mark.django_db
class TestCommands:
    @pytest.fixture
    def files(self, tmp_path) -> list[str]:
        (tmp_path / "list.csv").write_bytes(GOOD + b"\n4,Bad,,,99999,P,1\n")
        (tmp_path / "map.toml").write_text(MAPPING)
        return [str(tmp_path / "list.csv"), "--mapping", str(tmp_path / "map.toml")]

    def call(self, *arguments: str) -> tuple[str, int]:
        out = StringIO()
        try:
            call_command(*arguments, stdout=out)
        except SystemExit as end:
            return out.getvalue(), int(end.code or 0)
        return out.getvalue(), 0

    def test_json_alone_on_stdout_and_exit_1_when_rows_were_rejected(
        self, branch, files, capsys
    ) -> None:
        command = ["import_contractors", *files, "--branch", branch.slug, "--json"]
        trial, code = self.call(*command, "--dry-run")
        assert (json.loads(trial)["created"], json.loads(trial)["dry_run"], code) == (3, True, 1)
        out, code = self.call(*command)
        report = json.loads(out)
        assert (report["read"], report["created"], report["rejected_count"], code) == (4, 3, 1, 1)
        assert report["rejected"] == [
            {"line": 5, "column": "Zip", "reason": "“99999” is not a US ZIP code."}
        ]
        assert "contractors: 3 of 3" in capsys.readouterr().err
        undone, code = self.call("undo_contractor_import", "--branch", branch.slug, "--json")
        assert (json.loads(undone), code) == ({"removed": 3, "restored": 0, "kept": []}, 0)

    def test_words_for_people(self, branch, files) -> None:
        out, _ = self.call("import_contractors", *files, "--branch", branch.slug, "--dry-run")
        assert "3 firms would be created" in out
        assert "line 5, Zip: “99999” is not a US ZIP code." in out
        assert "line 2: created: name “Harold’s”" in out

    @pytest.mark.parametrize("broken", ["branch", "file", "mapping"])
    def test_what_is_not_there_is_said(self, branch, files, broken) -> None:
        slug = branch.slug
        if broken == "branch":
            slug = "nowhere"
        elif broken == "file":
            files[0] += "x"
        else:
            files[2] += "x"
        with pytest.raises(CommandError):
            self.call("import_contractors", *files, "--branch", slug)
