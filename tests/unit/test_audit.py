"""What `make audit` reads and refuses, without a minute of Lighthouse."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from lifecost import InputError
from tools import audit

SCORES = {"performance": 0.98, "accessibility": 1, "best-practices": 0.96, "seo": 0.92}


def report(**scores):
    return {
        "categories": {name: {"score": score} for name, score in {**SCORES, **scores}.items()},
        "audits": {
            "total-byte-weight": {"numericValue": 81_234},
            "largest-contentful-paint": {"numericValue": 1234.5},
            "screenshot": {"details": "x" * 200_000},  # a report is long
        },
    }


def test_all_pages_or_those_that_are_named():
    assert audit.chosen([]) == audit.PAGES
    assert audit.chosen(["book/inference"]) == ["book/inference"]
    assert len(audit.PAGES) > 15


@pytest.mark.parametrize("names", [["inference"], ["book/intro", "book/infrence"]])
def test_an_unknown_page_is_one_line_before_anything_is_measured(capsys, names):
    assert audit.main(names) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"audit: unknown page '{names[-1]}'; did you mean 'book/inference'?")


@pytest.fixture
def lighthouse(tmp_path, monkeypatch):
    """Return a way to say what Lighthouse leaves in its file, and how it ends."""
    monkeypatch.setattr(audit, "TOOLS", tmp_path)

    def leave(text=None, returncode=0, stderr=""):
        def npx(arguments, **_):
            (path,) = (a.partition("=")[2] for a in arguments if a.startswith("--output-path="))
            if text is not None:
                Path(path).write_text(text)
            return CompletedProcess(arguments, returncode, "", stderr)

        monkeypatch.setattr(audit, "npx", npx)

    return leave


def test_a_long_report_is_read_whole(lighthouse):
    lighthouse(json.dumps(report()))
    assert audit.measure("http://127.0.0.1/") == report()


@pytest.mark.parametrize(
    ("left", "message"),
    [
        (dict(returncode=1, stderr="at a\nUnable to connect to Chrome\n"), "connect to Chrome$"),
        (dict(), "no message$"),
        (dict(text=json.dumps({"runtimeError": {"message": "no page"}})), "no page$"),
    ],
)
def test_a_run_that_fails_is_one_line(lighthouse, left, message):
    lighthouse(**left)
    with pytest.raises(InputError, match=message):
        audit.measure("http://127.0.0.1/")


def test_a_line_shows_medians():
    reports = [report(performance=score) for score in (0.9, 1, 0.97)]
    assert len(audit.HEAD) == len(audit.line("intro", reports))
    assert " ".join(audit.line("intro", reports).split()) == "intro 97 100 96 92 81 1.2s"
