"""A browser that cannot be had is one clear line, with what went wrong."""

from subprocess import CompletedProcess, TimeoutExpired

import pytest

from tools import chromium


def fails(command, **_):
    return CompletedProcess(command, 1, "", f"Traceback\n{command[-1]} is out of reach\n")


def hangs(command, **options):
    raise TimeoutExpired(command[0], options["timeout"])


@pytest.mark.parametrize(
    ("run", "ends"),
    [(fails, "playwright install chromium: chromium is out of reach"), (hangs, "600 seconds")],
)
def test_a_failed_install_is_one_line(monkeypatch, capsys, tmp_path, run, ends):
    monkeypatch.setattr(chromium, "find", lambda: None)
    monkeypatch.setattr(chromium, "path", lambda: str(tmp_path / "chrome"))
    monkeypatch.setattr(chromium.subprocess, "run", run)
    assert chromium.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no browser: install Chrome or Chromium")
    assert line.endswith(ends)


def test_nothing_is_installed_where_a_browser_stands(monkeypatch, capsys, tmp_path):
    (tmp_path / "chrome").touch()
    monkeypatch.setattr(chromium, "path", lambda: str(tmp_path / "chrome"))
    monkeypatch.setattr(chromium.subprocess, "run", fails)
    assert chromium.main() == 0
    assert capsys.readouterr() == ("", "")
