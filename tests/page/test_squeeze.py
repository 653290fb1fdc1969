# SPDX-License-Identifier: Apache-2.0
import re
import shutil
import subprocess
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.page.squeeze import squeezed_script, squeezed_style


@pytest.mark.parametrize(
    ("written", "squeezed"),
    [
        ("const a = (x) => x + 1; // why", "const a=x=>x+1;"),
        ("if (a) {\n  b();\n}\nc();\n", "if(a){b()}\nc();"),
        ("a = 'x  =  // y' + b", "a='x  =  // y'+b"),
        ("x = `a  ${b + 1} /* no */`;", "x=`a  ${b + 1} /* no */`;"),
        ('s.replace(/ "[/ ]\\/ /g, "")', 's.replace(/ "[/ ]\\/ /g,"")'),
        ("a / b / c", "a/b/c"),
        ("/* x\n * y */ f(a, b)", "f(a,b)"),
        ("a - -b; a + +b; i++ + 1", "a - -b;a + +b;i++ +1"),
        ("async (x) => x", "async(x)=>x"),
        ("return x\nreturn y", "return x\nreturn y"),
        ('"http://a.b" // "c', '"http://a.b"'),
    ],
)
def test_white_space_and_comments_go_and_nothing_else(written, squeezed):
    assert squeezed_script(written) == squeezed


@given(st.text(st.characters(blacklist_characters='"\\\n\r', blacklist_categories=("Cs",))))
def test_texts_stay_as_they_are(text):
    assert squeezed_script(f'say ( "{text}" ) ;') == f'say("{text}");'


def test_a_style_sheet_is_one_line():
    assert squeezed_style("/* a\nb */\na {b: c;\n  d:e;}\n\n@media x {\nf{}\n}\n") == (
        "a {b: c;d:e}@media x {f{}}"
    )


def scripts():
    return [f for f in files("evalkit.page").iterdir() if f.name.endswith(".js")]


@pytest.mark.parametrize("script", scripts(), ids=lambda f: f.name)
def test_what_the_squeezing_rests_on_holds_for_our_scripts(script):
    """No template in a template, none over two lines, no empty statement before a brace."""
    source = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', script.read_text(encoding="utf-8"))
    for line in source.splitlines():
        assert line.count("`") % 2 == 0
    assert not re.search(r"\)\s*;\s*}\s*while|[({;]\s*;\s*}", source)
    for template in re.findall(r"`[^`]*`", source):
        assert template.count("${") <= template.count("}")


@pytest.mark.parametrize("script", scripts(), ids=lambda f: f.name)
def test_squeezed_scripts_parse(script, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    path = tmp_path / "x.js"
    body = squeezed_script(script.read_text(encoding="utf-8"))
    path.write_text(f"(async()=>{{\n{body}\n}})()", encoding="utf-8")
    done = subprocess.run([node, "--check", path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
