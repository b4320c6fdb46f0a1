"""Citing: one version, valid metadata, and nothing invented in paper, page or citation file."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_file, parse_string

import lifecost
from theme import address, citing
from tools import prose

ROOT = Path(__file__).parents[2]
CFF = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
PAPER = (ROOT / "paper/paper.md").read_text("utf-8")
HEAD = yaml.safe_load(PAPER.split("---\n")[1])
REFERENCES = parse_file(str(ROOT / "paper/paper.bib")).entries
# A post and an online book: no registry has a DOI for them.
WITHOUT_DOI = {"matx_lifetime_llm_cost", "scalingbook"}


def test_one_version_number():
    version = lifecost.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert CFF["version"] == version
    assert HEAD["version"] == version
    # The newest change is of this version; the wheel's own number is tested where it is built.
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)[1] == version
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_citation_file_is_valid():
    command = [sys.executable, "-m", "check_jsonschema", "CITATION.cff"]
    command += ["--builtin-schema", "vendor.citation-file-format"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_author_is_the_entity():
    assert CFF["authors"] == [{"name": "The lifecost contributors"}]
    assert [author["name"] for author in HEAD["authors"]] == ["The lifecost contributors"]
    assert HEAD["affiliations"][0]["name"] == "Not known yet"


@pytest.fixture
def archived(monkeypatch):
    """Let the citation file know all that it may once know."""
    later = {
        **CFF,
        "doi": "10.5281/zenodo.1",
        "url": "https://book.example",
        "date-released": "2027-01-02",
    }
    monkeypatch.setattr(citing, "metadata", lambda: later)


CHAPTERS = [None, *citing.chapters()]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=str)
def test_what_is_not_known_is_left_out(chapter, monkeypatch):
    monkeypatch.setattr(address, "site", lambda: None)
    text, entry = citing.text(2026, chapter), citing.bibtex(2026, chapter)
    assert text.startswith("The lifecost contributors (2026). ")
    assert f"version {lifecost.__version__}" in text
    for form in (text, entry):
        assert "http" not in form
        assert "doi" not in form
    fields = next(iter(parse_string(entry, "bibtex").entries.values())).fields
    assert fields["year"] == "2026"
    assert fields["edition"] == f"Version {lifecost.__version__}"


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize("chapter", CHAPTERS, ids=str)
def test_what_becomes_known_is_in_every_form(chapter):
    text = citing.text(2027, chapter)
    fields = next(
        iter(parse_string(citing.bibtex(2027, chapter), "bibtex").entries.values())
    ).fields
    assert text.endswith(" <https://doi.org/10.5281/zenodo.1>")
    assert fields["doi"] == "10.5281/zenodo.1"
    assert fields["url"] == f"https://book.example/{f'book/{chapter[0]}.html' if chapter else ''}"
    assert citing._year("2026") == 2027


def test_page_cites_the_book_and_each_chapter():
    page = ROOT / "_build/html/book/how-to-cite.html"
    assert page.exists(), "not built: run make book"
    text = re.sub(r"<[^>]+>", "", page.read_text("utf-8"))
    assert f"(version {lifecost.__version__})" in text
    for key, _ in citing.chapters():
        assert f"lifecost:{key}," in text


def test_keys_of_the_paper():
    assert set(re.findall(r"@([\w-]+)", PAPER.split("---\n", 2)[2])) == set(REFERENCES)


@pytest.mark.parametrize("key", REFERENCES)
def test_reference_has_its_doi(key):
    fields = REFERENCES[key].fields
    doi = fields.get("doi", "")
    assert bool(re.fullmatch(r"10\.\d{4,}/\S+", doi)) == (key not in WITHOUT_DOI)
    if key in WITHOUT_DOI:
        assert fields["url"].startswith("https://")
    elif "eprint" in fields:  # arXiv registers one for each preprint, of this form
        assert doi == f"10.48550/arXiv.{fields['eprint']}"


def test_paper_has_what_the_journal_asks():
    headings = re.findall(r"^# (.+)$", PAPER, re.M)
    assert headings[:2] == ["Summary", "Statement of need"]
    assert headings[-1] == "References"
    assert "has not been taught yet" in PAPER
    assert len(prose.plain(PAPER).split()) < 1300


@pytest.mark.parametrize(
    ("name", "first", "words"),
    [("LICENSE", "MIT License", 150), ("LICENSE-text", "Attribution 4.0 International", 2500)],
)
def test_licenses_are_whole(name, first, words):
    text = (ROOT / name).read_text("utf-8")
    assert text.startswith(first)
    assert len(text.split()) > words
