"""The prose: the linter sees what it should, skips what is no prose, and chapters are easy."""

import subprocess
import sys

import pytest

from tools import prose

GRADES = prose.grades()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("The cache is is large.", "phrase is repeated"),
        ("The most unique cache.", "not comparable"),
        ("We leave no stone unturned.", "cliché"),
        ('"Fast" is 9 FLOPs ... a byte.', None),  # the house style
        ("The the code `a a` stands.\n```python\nthe the\n```", "'The the'"),
        ("Code: `the the` and $N N$.\n```python\nthe the\n```\n| the the |\n", None),
        ("```{note}\nThe the cache.\n```", "'The the'"),
        ('A number <data value="x">of of</data> it.', "'of of'"),
        ("---\ntitle: the the\n---\nText.", None),
    ],
)
def test_findings(text, message):
    found = prose.findings("page.md", prose.plain(text))
    assert len(found) == (message is not None)
    assert not found or message in found[0]


def test_a_finding_names_the_line():
    text = prose.plain("# Title\n\n```python\nx = 1\n```\n\nThe cache is is large.\n")
    assert prose.findings("page.md", text)[0].startswith("page.md:7: ")


def test_docstrings_stand_on_their_lines(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        '"""Say a."""\n\n\ndef f():\n    """Return a a thing.\n\n    >>> b b\n    """\n'
    )
    found = prose.findings("module.py", prose.plain(prose.docstrings(module)))
    assert len(found) == 1
    assert found[0].startswith("module.py:5: ")


def test_our_texts_pass():
    done = subprocess.run([sys.executable, prose.__file__], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_kind_of_text_is_read():
    read = {where for where, _ in prose.texts()}
    assert {
        "README.md",
        "book/training.ipynb",
        "book/how-to-cite.md",
        "lifecost/catalog.py",
    } <= read


@pytest.mark.parametrize(
    ("text", "year"),
    # By hand: 17 letters in 6 words, 27 letters in 4.
    [
        ("The cat sat on the mat.", 4.71 * 17 / 6 + 3 - 21.43),
        ("Bandwidth bounds many decoders.", 4.71 * 27 / 4 + 2 - 21.43),
    ],
)
def test_grade(text, year):
    assert prose.grade(text) == pytest.approx(year)


@pytest.mark.parametrize("chapter", GRADES)
def test_sentences_are_easy(chapter):
    # Their matter is a graduate student's; their sentences should not be. Newspapers are near 10.
    assert GRADES[chapter] < 8
