"""Nothing is paid for twice, whatever happens between an order and its result."""

import json
from dataclasses import replace

import pytest

from avatar.engine.errors import (
    BadResult,
    Busy,
    InputError,
    JobFailed,
    KeyRefused,
    OutcomeUnknown,
    OverBudget,
    Pending,
    Refused,
    Unpaid,
)
from avatar.engine.vendors import orders
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal, Paid
from avatar.engine.vendors.orders import Context, Look, bought, ordered, paid_key
from studio.lib.engines import Engine, Kind

ENGINE = Engine("maker:one", Kind.PERFORMER, "Maker One", "", vendor="sync")
PAID = Paid(key="k" * 64, engine=ENGINE.name, what="film", usd=0.5)


class Maker:
    """A vendor's client that says what the test wants, and counts its orders."""

    poll_s = 0.01

    def __init__(self, *looks, keyed=False, submit=None, found=None, usd=None):
        self.looks, self.keyed, self.refusal, self.found = list(looks), keyed, submit, found
        self.usd = usd
        self.keys, self.bodies = [], []

    def prepare(self, engine, inputs):
        return inputs

    def estimate(self, engine, prepared):
        if isinstance(self.usd, Exception):
            raise self.usd
        return self.usd

    def submit(self, engine, sent):
        self.keys.append(sent.key)
        self.bodies.append(sent.prepared)
        if refusal := self.refusal:
            self.refusal = None
            raise refusal
        return {"id": f"job{len(self.keys)}"}

    def look(self, engine, handle):
        said = self.looks.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    def find(self, engine, sent):
        self.sought = sent
        return self.found

    def fetch(self, engine, look, target):
        target.write_text(look.url)
        return target


def _raise(error):
    raise error


DONE = Look(is_done=True, url="a film")


@pytest.fixture
def make(tmp_path):
    """Order once, with the journal of that folder."""

    def order(maker, *, patience_s=5.0, check=lambda film: None, paid=PAID, **more):
        journal = FileJournal(tmp_path / "orders", **more)
        context = Context(Access({}), journal, patience_s=patience_s)
        return ordered(context, maker, ENGINE, paid, {}, check=check).read_text()

    return order


@pytest.fixture
def _settled_long_ago(monkeypatch):
    monkeypatch.setattr(orders, "JUST_SENT_S", 0)


def test_the_same_order_is_paid_for_once(make):
    maker = Maker(Look(), DONE)
    assert make(maker) == "a film"
    assert make(maker) == "a film"
    assert len(maker.keys) == 1


def test_a_job_that_takes_long_is_asked_after_by_whoever_comes_next(make):
    maker = Maker(Look(progress=0.2), DONE)
    with pytest.raises(Pending):
        make(maker, patience_s=0)
    assert make(maker) == "a film"
    assert len(maker.keys) == 1


@pytest.mark.usefixtures("_settled_long_ago")
def test_an_order_without_an_answer_is_never_sent_again_by_itself(make):
    maker = Maker(submit=OutcomeUnknown("No answer."))
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            make(maker)
    assert len(maker.keys) == 1


@pytest.mark.usefixtures("_settled_long_ago")
def test_a_person_may_send_it_again(make):
    maker = Maker(DONE, submit=OutcomeUnknown("No answer."))
    with pytest.raises(OutcomeUnknown):
        make(maker)
    assert make(maker, again=True) == "a film"
    assert len(maker.keys) == 2


@pytest.mark.usefixtures("_settled_long_ago")
def test_it_is_found_among_the_jobs_where_the_vendor_lists_them(make):
    maker = Maker(DONE, submit=OutcomeUnknown("No answer."), found={"id": "found"})
    with pytest.raises(OutcomeUnknown):
        make(maker)
    assert make(maker) == "a film"
    assert len(maker.keys) == 1
    assert maker.sought.key == maker.keys[0]


@pytest.mark.usefixtures("_settled_long_ago")
def test_an_order_that_the_vendor_surely_never_got_is_placed_anew(make):
    maker = Maker(DONE, submit=OutcomeUnknown("No answer."), found=orders.NOT_THERE)
    for expected in (OutcomeUnknown, Busy):
        with pytest.raises(expected):
            make(maker)
    assert make(maker) == "a film"
    assert len(maker.keys) == 2


def test_another_workers_order_that_just_left_is_waited_for(make):
    maker = Maker(submit=OutcomeUnknown("No answer."))
    with pytest.raises(OutcomeUnknown):
        make(maker)
    with pytest.raises(Busy):
        make(maker)


def test_a_keyed_order_is_sent_again_under_the_same_key(make):
    maker = Maker(DONE, keyed=True, submit=OutcomeUnknown("No answer."))
    with pytest.raises(Busy):
        make(maker)
    assert make(maker) == "a film"
    first, second = maker.keys
    assert first == second


def test_a_keyed_order_is_sent_again_with_the_very_same_body(make):
    """Files that are brought to the vendor twice have two names; that would be a conflict."""
    maker = Maker(DONE, keyed=True, submit=OutcomeUnknown("No answer."))
    maker.prepare = lambda engine, inputs: {"asset": f"upload {len(maker.bodies)}"}
    with pytest.raises(Busy):
        make(maker)
    make(maker)
    first, second = maker.bodies
    assert first == second


@pytest.mark.parametrize("trouble", [Busy("Slow down."), Unpaid("Empty."), KeyRefused("No.")])
def test_what_is_said_to_the_second_sending_proves_nothing_of_the_first(make, trouble):
    """The first one may have been taken, and have used up what was left."""
    maker = Maker(DONE, keyed=True, submit=OutcomeUnknown("No answer."))
    with pytest.raises(Busy):
        make(maker)
    maker.refusal = trouble
    with pytest.raises((Busy, Pending)):
        make(maker)
    assert make(maker) == "a film"
    assert len(set(maker.keys)) == 1


def test_a_new_attempt_after_a_failure_has_a_key_of_its_own(make):
    """Under the old key the vendor would answer with the old failure."""
    maker = Maker(JobFailed("No face."), DONE, keyed=True)
    with pytest.raises(JobFailed):
        make(maker)
    make(maker)
    first, second = maker.keys
    assert first != second


@pytest.mark.parametrize("trouble", [KeyRefused("Expired."), Unpaid("Empty.")])
def test_a_key_that_is_refused_while_it_is_made_is_not_the_jobs_end(make, trouble):
    maker = Maker(trouble, DONE)
    with pytest.raises(Pending, match=r"fetched once that is in order"):
        make(maker)
    assert make(maker) == "a film"
    assert len(maker.keys) == 1


def test_what_the_client_does_not_take_was_not_ordered(make):
    maker = Maker(DONE)
    maker.prepare = lambda engine, inputs: _raise(InputError("It has no sound."))
    with pytest.raises(InputError):
        make(maker)
    del maker.prepare
    assert make(maker) == "a film"


@pytest.mark.parametrize("refusal", [Refused("No."), Busy("Later."), InputError("Too quiet.")])
def test_what_was_refused_was_not_made_and_may_be_ordered_again(make, refusal):
    maker = Maker(DONE, submit=refusal)
    with pytest.raises(type(refusal)):
        make(maker)
    assert make(maker) == "a film"


def test_a_failed_job_is_ordered_anew_only_when_somebody_asks(make):
    maker = Maker(JobFailed("No face."), DONE)
    with pytest.raises(JobFailed):
        make(maker)
    assert len(maker.keys) == 1
    assert make(maker) == "a film"
    assert len(maker.keys) == 2


def test_trouble_while_asking_is_not_the_jobs_end(make):
    assert make(Maker(Busy("In trouble.", retry_after_s=0.01), DONE)) == "a film"


def test_a_result_of_no_use_has_cost_what_it_cost(make, tmp_path):
    def check(film):
        raise BadResult("It is silent.")

    with pytest.raises(BadResult):
        make(Maker(DONE), check=check)
    row = json.loads((tmp_path / "orders" / PAID.key[:32] / "order.json").read_text())
    assert (row["state"], row["usd"]) == ("failed", 0.5)


@pytest.mark.parametrize(
    ("longest_s", "look", "usd"),
    [(0, Look(), 0.5), (9e9, BadResult("Done, and nothing."), 0.5), (9e9, JobFailed("No."), 0)],
)
def test_what_a_vendor_may_have_charged_for_nothing_counts(
    make, tmp_path, monkeypatch, longest_s, look, usd
):
    monkeypatch.setattr(orders, "LONGEST_S", longest_s)
    with pytest.raises((JobFailed, BadResult)):
        make(Maker(look))
    row = json.loads((tmp_path / "orders" / PAID.key[:32] / "order.json").read_text())
    assert (row["state"], row["usd"]) == ("failed", usd)


def test_the_same_command_twice_at_once_sends_one_order(tmp_path):
    first, second = (FileJournal(tmp_path / "orders") for _ in range(2))
    assert first.begin(PAID).state == second.begin(PAID).state == "reserved"
    first.sending(PAID.key)
    second.estimated(PAID.key, 0.4)
    with pytest.raises(Busy):
        second.sending(PAID.key)
    second.absent(PAID.key, "Its upload failed.")
    first.placed(PAID.key, {"id": "job"})
    assert second.begin(PAID).handle == {"id": "job"}


def test_what_is_too_dear_is_not_ordered(make):
    maker = Maker(DONE)
    with pytest.raises(OverBudget, match=r"0\.50 USD; of the 0\.40 USD that are allowed"):
        make(maker, most_usd=0.4)
    assert maker.keys == []


def test_what_a_vendor_says_it_takes_goes_before_the_table(make, tmp_path):
    maker = Maker(DONE, usd=0.9)
    with pytest.raises(OverBudget, match=r"would take 0\.90 USD .* 0\.50 USD was shown.* 0\.60 "):
        make(maker, most_usd=0.6)
    assert maker.keys == []
    assert make(maker, most_usd=1.0) == "a film"
    row = json.loads((tmp_path / "orders" / PAID.key[:32] / "order.json").read_text())
    assert (row["state"], row["usd"]) == ("done", 0.9)


def test_a_vendor_that_cannot_say_what_it_takes_is_ordered_from_all_the_same(make):
    assert make(Maker(DONE, usd=Busy("In trouble.")), most_usd=0.5) == "a film"


def test_an_unknown_price_is_not_nothing(make, tmp_path):
    unknown = replace(PAID, usd=None)
    with pytest.raises(OverBudget, match="is not known, and nothing is left"):
        make(Maker(DONE), paid=unknown, most_usd=0.0)
    assert make(Maker(DONE), paid=unknown, most_usd=0.1) == "a film"
    row = json.loads((tmp_path / "orders" / PAID.key[:32] / "order.json").read_text())
    assert row["usd"] is None


def test_what_came_to_nothing_leaves_its_money_for_the_next(tmp_path):
    journal = FileJournal(tmp_path, most_usd=0.6)
    context = Context(Access({}), journal)
    with pytest.raises(Refused):
        ordered(context, Maker(submit=Refused("No.")), ENGINE, PAID, {}, check=lambda film: None)
    other = Paid(key="o" * 64, engine=ENGINE.name, what="film", usd=0.5)
    assert ordered(context, Maker(DONE), ENGINE, other, {}, check=lambda film: None)
    with pytest.raises(OverBudget):
        journal.begin(Paid(key="p" * 64, engine=ENGINE.name, what="film", usd=0.5))


def test_what_is_answered_at_once_is_bought_once(tmp_path):
    context = Context(Access({}), FileJournal(tmp_path))
    sent = []

    def send(path):
        sent.append(path)
        path.write_text("{}")
        return {"usd": 0.01, "request_id": "r1"}

    assert bought(context, PAID, send).read_text() == "{}"
    assert bought(context, PAID, send).read_text() == "{}"
    assert len(sent) == 1


def test_the_key_follows_what_is_in_a_file_not_its_name(tmp_path):
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")
    (tmp_path / "c").write_text("other")
    one, two, three = (paid_key(ENGINE, {"audio": tmp_path / name}) for name in "abc")
    assert one == two != three
