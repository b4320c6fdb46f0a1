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


@pytest.mark.parametrize("user", [0, 1000])
def test_any_browser_does_and_root_on_debian_gets_the_one_that_draws_no_window(
    monkeypatch, tmp_path, user
):
    there, asked = {"apt-get", "chromium"}, []
    (tmp_path / "chromium").touch()
    monkeypatch.setattr(
        chromium.shutil, "which", lambda name: str(tmp_path / name) if name in there else None
    )
    monkeypatch.setattr(chromium, "path", chromium.find)
    monkeypatch.setattr(chromium.os, "geteuid", lambda: user)
    monkeypatch.setattr(
        chromium, "_problem", lambda command: "out of reach" if asked.append(command[-1]) else ""
    )
    assert chromium.main() == 0
    assert asked == (["update", chromium.SHELL] if user == 0 else [])
    there.add(chromium.SHELL)
    (tmp_path / chromium.SHELL).touch()
    assert chromium.main() == 0
    assert chromium.find() == str(tmp_path / chromium.SHELL)
    assert len(asked) <= 2
