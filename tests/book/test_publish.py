"""What only the published site has, and where it and the source live: shown where it is, or not."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from theme import address as told

ROOT = Path(__file__).parents[2]
HTML, SITE = ROOT / "_build/html", ROOT / "_build/site"
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))
COMMENT = re.compile(r"<!--published (.*?) -->", re.DOTALL)

ADDRESSES = {
    "https://github.com/owner/book": ("https://github.com/owner/book", "https://owner.github.io/book"),
    "https://github.com/owner/book.git": ("https://github.com/owner/book", "https://owner.github.io/book"),
    "https://token@github.com/owner/book.git": (
        "https://github.com/owner/book", "https://owner.github.io/book",
    ),
    "git@github.com:Owner/book.git": ("https://github.com/Owner/book", "https://owner.github.io/book"),
    "https://github.com/owner/owner.github.io": (
        "https://github.com/owner/owner.github.io", "https://owner.github.io",
    ),
    "/somewhere/on/this/disk": (None, None),
    "https://example.org/owner/book": (None, None),
    'https://github.com/owner/book"><script>': (None, None),
}  # fmt: skip


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Return ``address(remote)``: the module that tells addresses, in a clone of a remote."""
    for name in ("LIFECOST_REPOSITORY", "LIFECOST_SITE", "LIFECOST_REF"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "book/theme"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "book/theme/address.py", folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "address", raising=False)

    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    def address(remote):
        git("init", "--initial-branch=main")
        git("remote", "add", "origin", remote)
        import address

        return address

    address.git = git
    yield address
    sys.modules.pop("address", None)


@pytest.mark.parametrize(("remote", "told"), ADDRESSES.items())
def test_the_remote_tells_where_source_and_site_live(address, remote, told):
    found = address(remote)
    assert (found.repository(), found.site()) == told
    for opened in (found.binder, found.colab):
        assert (opened("book/intro.ipynb") is None) == (told[0] is None)
    line = f'"git+{found.UNNAMED}#subdirectory=book"'
    expected = f'"git+{told[0]}@main#subdirectory=book"' if told[0] else line
    assert found.named(line) == expected


def test_the_environment_comes_first(address, monkeypatch):
    found = address("https://github.com/owner/book")
    monkeypatch.setenv("LIFECOST_REPOSITORY", "https://github.com/other/name")
    monkeypatch.setenv("LIFECOST_SITE", "https://example.org/name/")
    monkeypatch.setenv("LIFECOST_REF", "v1.2.3")
    assert found.repository() == "https://github.com/other/name"
    assert found.site() == "https://example.org/name"
    assert found.binder("book/intro.ipynb") == (
        "https://mybinder.org/v2/gh/other/name/v1.2.3?urlpath=lab/tree/book/intro.ipynb"
    )
    assert found.colab("book/intro.ipynb") == (
        "https://colab.research.google.com/github/other/name/blob/v1.2.3/book/intro.ipynb"
    )
    assert found.named(found.UNNAMED) == "https://github.com/other/name@v1.2.3"


def test_binder_launches_a_tag_rather_than_a_branch(address):
    found = address("https://github.com/owner/book")
    address.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-m", "a")
    assert found.ref() == "main"
    address.git("tag", "v0.1.0")
    assert found.ref() == "v0.1.0"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_button_is_shown_where_what_it_opens_is_published(path):
    alone, published = ((site / f"book/{path.stem}.html").read_text() for site in (HTML, SITE))
    # The book alone may be opened from disk, where a kernel cannot start.
    assert "lite/lab" not in COMMENT.sub("", alone)
    assert "lifecost.pdf" not in COMMENT.sub("", alone)
    assert not COMMENT.search(published)
    page, _, name = re.search(r'id="site-lite" href="([^"]*)"', published)[1].partition("?path=")
    assert (SITE / "book" / page).resolve().is_file()
    assert (SITE / "lite/files" / name).is_file()
    assert name == path.name
    assert 'href="../lifecost.pdf"' in published
    assert (SITE / "lifecost.pdf").read_bytes().startswith(b"%PDF")


def test_no_page_shows_an_address_that_is_not_known():
    pages = [path.read_text() for path in HTML.glob("book/*.html")]
    known = told.repository()
    for place in (told.BINDER, told.COLAB):
        buttons = sum(page.count(f'href="{place}/') for page in pages)
        assert buttons == (len(CHAPTERS) if known else 0)
    assert (told.UNNAMED in (HTML / "book/ways-to-run.html").read_text()) == (not known)
