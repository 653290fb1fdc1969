# SPDX-License-Identifier: Apache-2.0
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.estimation.billing import bill
from evalkit.tokens.chat import Layout

layouts = st.builds(
    Layout,
    before=st.integers(1, 5),
    messages=st.lists(st.tuples(st.integers(3, 6), st.integers(0, 30), st.booleans())).map(tuple),
    extra=st.integers(2, 5),
)


def test_what_is_cut_is_the_end():
    layout = Layout(before=1, messages=((4, 10, False), (4, 20, True)), extra=2)
    whole = bill(layout, None)
    assert (whole.billed, whole.cookbook, whole.learned, whole.lost) == (39, 41, 20, 0)
    cut = bill(layout, 29)
    assert (cut.billed, cut.cookbook, cut.learned, cut.lost) == (29, 29, 10, 10)
    gone = bill(layout, 15)
    assert (gone.billed, gone.learned, gone.lost) == (15, 0, 20)


def test_between_the_two_figures():
    layout = Layout(before=1, messages=((4, 10, True),), extra=2)  # 15 billed, 17 by the cookbook
    one = bill(layout, 16)
    assert (one.billed, one.cookbook, one.lost) == (15, 16, 0)


@settings(deadline=None)
@given(layouts, st.integers(0, 120))
def test_no_limit_is_passed_and_nothing_is_gained(layout, limit):
    one, whole = bill(layout, limit), layout.tokens
    assert one.billed == min(limit, whole.billed)
    assert one.cookbook == min(limit, whole.cookbook)
    assert 0 <= one.learned <= min(one.billed, whole.learned)
    assert one.lost <= max(0, whole.billed - limit)
