"""Papers that end are told to the contractor and to staff, in time and once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from jobs.models import Message
from jobs.services import papers
from jobs.services.outbox import send_due_messages
from jobs.services.papers import settle_papers, tell_of_papers
from network.models import BranchStaff, Contractor, Document, ExpiryWarning, Skill
from network.services.clearance import refresh_clearance
from network.services.documents import approve_document
from tests.jobs.papers import paper, requirement
from tests.jobs.world import START, make_branch, make_contractor, make_user

#: The paper's last day; the clock stands at Monday 2 November 2026.
ENDS = date(2027, 1, 20)


def approved(contractor, needed, ends=ENDS, **changes) -> Document:
    """Approved as staff would, so that its warnings are written."""
    document = paper(contractor, needed, ends, state="submitted", reviewed_at=None, **changes)
    return approve_document(document_id=document.pk, actor_id=None)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17, 0, tzinfo=UTC)


def written(template: str = "") -> list[Message]:
    found = Message.objects.filter(cause__gt="").order_by("pk")
    return list(found.filter(template=template) if template else found)


@pytest.fixture
def insured(clock, branch, harold) -> Document:
    return approved(harold, requirement(branch))


class TestInTime:
    def test_45_30_and_7_days_before_and_when_it_has_ended(
        self, clock, insured, harold, dispatcher
    ):
        told = []
        for days in range(50, -5, -1):
            clock.set(noon(ENDS - timedelta(days=days)))
            settle_papers()
            told += [(days, m.template) for m in written()]
            Message.objects.all().delete()
        assert told == [
            (45, "paper_ends"), (45, "papers_to_staff"),
            (30, "paper_ends"), (30, "papers_to_staff"),
            (7, "paper_ends"), (7, "papers_to_staff"),
            (-1, "paper_ended"), (-1, "papers_to_staff"),
        ]  # fmt: skip

    def test_the_words_reach_both(self, clock, insured, harold, dispatcher):
        clock.set(noon(ENDS - timedelta(days=30)))
        assert settle_papers() == 1
        send_due_messages()
        to_harold, to_nora = sorted(mail.outbox, key=lambda one: one.to)
        assert to_harold.to == [harold.email]
        assert to_harold.subject == "Insurance ends on 20 January 2027"
        assert "in 30 days" in to_harold.body
        assert to_nora.to == ["nora@example.com"]
        assert to_nora.subject == "Papers at Greater Boston: 1 ends soon"
        assert "Harold: Insurance ends on 20 January 2027, in 30 days" in to_nora.body
        assert "/console/boston/coverage/#papers" in to_nora.body

    def test_then_not_cleared(self, clock, insured, harold, dispatcher):
        clock.set(noon(ENDS - timedelta(days=7)))
        settle_papers()
        clock.set(noon(ENDS + timedelta(days=1)))
        settle_papers()
        mail.outbox.clear()
        send_due_messages()
        subjects = [one.subject for one in mail.outbox]
        assert "Not cleared for work" in subjects
        body = next(one.body for one in mail.outbox if one.subject == "Not cleared for work")
        assert "visits that were booked for later go to somebody else" in body
        assert any("Harold: Insurance ended on 20 January 2027; not cleared" in one.body
                   for one in mail.outbox)  # fmt: skip

    def test_staff_of_another_branch_hear_nothing(self, clock, insured, other_dispatcher):
        clock.set(noon(ENDS - timedelta(days=30)))
        settle_papers()
        assert [m.recipient_kind for m in written()] == ["contractor"]


class TestOnce:
    def test_running_again_says_nothing_again(self, clock, insured, dispatcher):
        clock.set(noon(ENDS - timedelta(days=30)))
        assert [settle_papers() for _ in range(3)] == [1, 0, 0]
        assert len(written()) == 2

    def test_if_the_messages_fail_nothing_counts_as_told(
        self, clock, insured, dispatcher, monkeypatch
    ):
        clock.set(noon(ENDS - timedelta(days=30)))

        def breaking(*args, **rest):
            raise RuntimeError("no")

        monkeypatch.setattr(papers, "announce", breaking)
        with pytest.raises(RuntimeError):
            tell_of_papers()
        assert not ExpiryWarning.objects.filter(sent_at__isnull=False).exists()
        monkeypatch.undo()
        assert tell_of_papers() == 1

    def test_after_a_standstill_one_is_said(self, clock, insured, dispatcher):
        clock.set(noon(ENDS + timedelta(days=3)))
        assert settle_papers() == 1
        assert [m.template for m in written()] == ["paper_ended", "papers_to_staff"]

    def test_what_is_due_together_is_one_message_to_staff(
        self, clock, branch, trio, dispatcher, branch_admin
    ):
        insurance = requirement(branch)
        for contractor in trio:
            approved(contractor, insurance)
        clock.set(noon(ENDS - timedelta(days=45)))
        assert settle_papers() == 3
        assert len(written("paper_ends")) == 3
        to_staff = written("papers_to_staff")
        assert {m.address for m in to_staff} == {"nora@example.com", "ada@example.com"}
        assert all(len(m.context["papers"]) == 3 for m in to_staff)


class TestWhatIsNoCause:
    def test_a_renewed_paper_is_not_told(self, clock, insured, harold, dispatcher):
        approved(harold, insured.requirement, ENDS + timedelta(days=365))
        for days in (30, 7, -1):
            clock.set(noon(ENDS - timedelta(days=days)))
            settle_papers()
        assert written() == []

    def test_whoever_has_left_is_not_told(self, clock, insured, harold, dispatcher):
        Contractor.objects.filter(pk=harold.pk).update(status="left")
        clock.set(noon(ENDS + timedelta(days=1)))
        settle_papers()
        assert written() == []

    def test_without_an_address_staff_hear_it_all_the_same(
        self, clock, insured, harold, dispatcher
    ):
        Contractor.objects.filter(pk=harold.pk).update(email="", phone="")
        clock.set(noon(ENDS - timedelta(days=30)))
        settle_papers()
        assert [m.recipient_kind for m in written()] == ["staff"]

    def test_staff_whose_account_was_closed_hear_nothing(self, clock, insured, dispatcher):
        type(dispatcher).objects.filter(pk=dispatcher.pk).update(is_active=False)
        clock.set(noon(ENDS - timedelta(days=30)))
        settle_papers()
        assert [m.recipient_kind for m in written()] == ["contractor"]


class TestOtherThanBranchWide:
    def test_a_skills_paper_stops_that_work_only(self, clock, branch, harold, dispatcher):
        approved(harold, requirement(branch, "Gas licence", skill=Skill.objects.get()))
        clock.set(noon(ENDS + timedelta(days=1)))
        settle_papers()
        [message] = written("paper_ended")
        assert (message.context["work"], message.context["still_cleared"]) == ("Plumbing", True)
        send_due_messages()
        assert "Not cleared for Plumbing" in [one.subject for one in mail.outbox]

    def test_a_date_set_by_hand_says_that_it_is_over_once(self, clock, branch, harold, dispatcher):
        Contractor.objects.filter(pk=harold.pk).update(cleared_until=ENDS)
        for days in (-1, 0, 1, 2, 3):
            clock.set(noon(ENDS + timedelta(days=days)))
            settle_papers()
        [message] = written("paper_ended")
        assert message.address == harold.email
        assert len(written("papers_to_staff")) == 1

    def test_a_date_of_long_ago_is_no_news(self, clock, branch, harold, dispatcher):
        Contractor.objects.filter(pk=harold.pk).update(cleared_until=START.date() - timedelta(30))
        settle_papers()
        assert written() == []

    def test_a_paper_that_ended_under_a_later_date_says_so(
        self, clock, insured, harold, dispatcher
    ):
        Contractor.objects.filter(pk=harold.pk).update(
            clearance_override_until=ENDS + timedelta(days=60), clearance_override_note="renewing"
        )
        refresh_clearance(branch_id=harold.branch_id)
        clock.set(noon(ENDS + timedelta(days=1)))
        settle_papers()
        [message] = written("paper_ended")
        assert message.context["still_cleared"] is True

    def test_branches_keep_to_themselves(self, clock, branch, harold, insured, dispatcher):
        other = make_branch("springfield")
        far = make_contractor(other, "Fay")
        approved(far, requirement(other))
        BranchStaff.objects.create(user=make_user("sue@example.com"), branch=other)
        clock.set(noon(ENDS - timedelta(days=30)))
        settle_papers()
        to_staff = {m.address: m.context["papers"] for m in written("papers_to_staff")}
        assert [p["name"] for p in to_staff["nora@example.com"]] == ["Harold"]
        assert [p["name"] for p in to_staff["sue@example.com"]] == ["Fay"]


def test_they_stand_on_the_messages_page(clock, client, insured, dispatcher):
    clock.set(noon(ENDS - timedelta(days=30)))
    settle_papers()
    client.force_login(dispatcher)
    page = client.get("/console/boston/messages/").content.decode()
    assert "Paper ends soon" in page
    assert "nora@example.com" in page
