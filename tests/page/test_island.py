# SPDX-License-Identifier: Apache-2.0
import base64
import gzip
import json
import re
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from evalkit.page.island import RAW_LIMIT, as_json, island

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_goes_in_comes_out_and_nothing_reads_as_markup(value):
    text = as_json(value)
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029\ud800-\udfff\u202e]", text)


def test_chinese_is_written_as_itself_and_nan_is_null():
    value = {"a": "退款", "b": [nan, inf, 0.5], 3: ()}
    assert as_json(value) == '{"a":"退款","b":[null,null,0.5],"3":[]}'


def test_lone_surrogates_are_escapes():
    assert as_json("\ud83d") == '"\\ud83d"'
    assert as_json("\U0001f600") == '"\U0001f600"'


def test_large_data_is_packed_without_a_clock():
    value = {"rows": [f"row {i} </script>" for i in range(200_000)]}
    element = str(island(value))
    assert island(value) == element
    found = re.fullmatch(
        r'<script type="application/json" id="data" data-encoding="gzip (\d+)">([^<>&"\']+)</script>',
        element,
    )
    assert found
    digits = found.group(2).translate(str.maketrans(",./", "&<>"))
    packed = base64.b85decode(digits)[: int(found.group(1))]
    assert json.loads(gzip.decompress(packed)) == value
    assert packed[4:8] == bytes(4)  # no time
    assert packed[9] == 255  # no operating system
    assert len(element) < RAW_LIMIT


def test_small_data_stays_readable():
    assert island({"a": "</script>"}) == (
        '<script type="application/json" id="data" data-encoding="json">'
        '{"a":"\\u003c/script\\u003e"}</script>'
    )
