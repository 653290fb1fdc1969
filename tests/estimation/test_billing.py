# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.estimation.billing import Bills, Terms, bill
from evalkit.tokens.layout import Layout, Span

layouts = st.builds(
    Layout,
    before=st.integers(1, 5),
    messages=st.lists(
        st.builds(Span, st.integers(3, 6), st.integers(0, 30), st.booleans(), st.integers(0, 9))
    ).map(tuple),
    extra=st.integers(-2, 5),
)
cuts = st.sampled_from(["end", "drop", "refuse", None])
LAYOUT = Layout(before=1, messages=(Span(4, 10, learns=False), Span(4, 20, learns=True)), extra=2)


def place(line):
    return Location(source="a.jsonl", line=line, number=line)


def taken(rows, terms):
    bills = Bills(terms)
    wholes = [[one.tokens for one in row] for row in rows]
    bills.take([place(n) for n in range(1, len(rows) + 1)], rows, wholes)
    return bills


def test_what_is_cut_is_the_end():
    whole = bill(LAYOUT, Terms(None))
    assert (whole.billed, whole.cookbook, whole.learned, whole.lost) == (39, 41, 20, 0)
    assert not whole.over
    cut = bill(LAYOUT, Terms(29))
    assert (cut.billed, cut.cookbook, cut.learned, cut.lost, cut.over) == (29, 29, 10, 10, True)
    gone = bill(LAYOUT, Terms(15))
    assert (gone.billed, gone.learned, gone.lost) == (15, 0, 20)


def test_what_is_dropped_is_neither_billed_nor_learned():
    dropped = bill(LAYOUT, Terms(29, "drop"))
    assert (dropped.billed, dropped.learned, dropped.lost, dropped.over) == (0, 0, 20, True)
    assert dropped.cookbook == 29  # its script knows no such thing
    assert bill(LAYOUT, Terms(39, "drop")).billed == 39


def test_what_is_refused_or_not_known_is_billed_whole():
    for cut in ("refuse", None):
        one = bill(LAYOUT, Terms(29, cut))
        assert (one.billed, one.learned, one.lost, one.over) == (39, 20, 0, True)


def test_between_the_two_figures():
    layout = Layout(before=1, messages=(Span(4, 10, learns=True),), extra=2)
    one = bill(layout, Terms(16))  # 15 billed, 17 by the cookbook
    assert (one.billed, one.cookbook, one.lost, one.over) == (15, 16, 0, False)


def test_padding():
    one = bill(LAYOUT, Terms(100, "end", 100))
    assert (one.billed, one.padding, one.learned) == (100, 61, 20)
    full = bill(LAYOUT, Terms(29, "end", 29))
    assert (full.billed, full.padding) == (29, 0)


def test_bills_of_a_set():
    short = Layout(before=1, messages=(Span(4, 5, learns=True),), extra=2)
    cut = taken([[LAYOUT], [short], [LAYOUT]], Terms(29))
    assert (cut.billed, cut.learned, cut.over_long, cut.lost) == (68, 25, 2, 20)
    assert (cut.dropped, cut.unlearned) == (0, 0)
    first = cut.cut_rows[0]
    assert (first.location.line, first.tokens, first.lost, first.learned) == (1, 39, 10, 10)
    assert taken([[LAYOUT]], Terms(15)).unlearned == 1
    dropped = taken([[LAYOUT], [short], [LAYOUT]], Terms(29, "drop"))
    assert (dropped.billed, dropped.learned, dropped.dropped) == (10, 5, 2)
    assert (dropped.lost, dropped.unlearned) == (40, 2)
    padded = taken([[short], [short]], Terms(50, "end", 50))
    assert (padded.billed, padded.padding) == (100, 80)


def test_nothing_learned_before_is_not_lost():
    prompt = Layout(before=1, messages=(Span(4, 50, learns=False),), extra=2)
    got = taken([[prompt]], Terms(20))
    assert (got.over_long, got.lost, got.unlearned) == (1, 0, 0)


def test_each_side_of_a_pair_is_a_sequence_by_itself():
    short = Layout(before=1, messages=(Span(4, 5, learns=True),), extra=2)
    both = taken([[short, short]], Terms(10))
    assert (both.billed, both.over_long) == (20, 0)  # 20 together, but 10 each
    cut = taken([[LAYOUT, short]], Terms(29))
    assert (cut.billed, cut.learned, cut.lost, cut.cut_rows[0].tokens) == (39, 15, 10, 39)
    dropped = taken([[LAYOUT, short]], Terms(29, "drop"))
    assert (dropped.billed, dropped.learned, dropped.lost) == (0, 0, 25)


def test_only_the_first_are_kept_by_name():
    got = taken([[LAYOUT]] * 100, Terms(29))
    assert [row.location.line for row in got.cut_rows] == list(range(1, 21))
    assert got.over_long == 100


@given(layouts, st.integers(0, 120), cuts, st.none() | st.integers(0, 150))
def test_no_limit_is_passed_and_nothing_is_gained(layout, limit, cut, padded_to):
    one, whole = bill(layout, Terms(limit, cut, padded_to)), layout.tokens
    tokens = one.billed - one.padding
    assert one.cookbook == min(limit, whole.cookbook)
    assert 0 <= one.learned <= min(one.billed, whole.learned)
    assert tokens <= whole.billed
    if cut == "end":
        assert tokens == min(limit, whole.billed)
        assert one.lost <= max(0, whole.billed - limit)
    if cut == "drop":
        assert tokens in (0, whole.billed)
    if not one.over:
        assert one.lost == 0
        assert one.billed == max(whole.billed, padded_to or 0)


@given(st.lists(st.lists(layouts, min_size=1, max_size=2)), st.integers(0, 120), cuts)
def test_a_set_is_the_sum_of_its_parts(rows, limit, cut):
    terms = Terms(limit, cut)
    whole, parts = taken(rows, terms), [taken([row], terms) for row in rows]
    for name in ("billed", "cookbook", "learned", "over_long", "lost", "unlearned", "dropped"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts)
