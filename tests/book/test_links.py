"""What `make links` makes of the world outside: its settings, against a server that misbehaves."""

import collections
import http.server
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
SETTINGS = {name: value for name, value in CONFIG.items() if name.startswith("linkcheck_")}
PATHS = ("fine", "no-head", "stumbles", "moved", "gone", "forbidden", "hangs", "known")
DEAD = {"gone", "forbidden", "hangs"}


class Host(http.server.BaseHTTPRequestHandler):
    asked, busy, most = collections.Counter(), 0, 0

    def answer(self):
        path = self.path.strip("/")
        Host.asked[path] += 1
        Host.busy += path != "hangs"  # given up by who asked, not yet by the host
        Host.most = max(Host.most, Host.busy)
        try:
            time.sleep(5 if path == "hangs" else 0.05)
            status = {"gone": 404, "forbidden": 403, "moved": 302}.get(path, 200)
            if path == "no-head" and self.command == "HEAD":
                status = 405
            if path == "stumbles" and Host.asked[path] <= 2:  # HEAD and GET of the first attempt
                status = 500
        finally:
            Host.busy -= path != "hangs"  # before the answer, which the next question may follow
        self.send_response(status)
        if path == "moved":
            self.send_header("Location", "/fine")
        self.end_headers()

    do_HEAD = do_GET = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return the exit status, what was said, and the status of each address."""
    source = tmp_path_factory.mktemp("source")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        links = "\n".join(f"* `{path} <{base}{path}>`__" for path in PATHS)
        (source / "index.rst").write_text(f"Links\n=====\n\n{links}\n")
        known = [*SETTINGS["linkcheck_ignore"], f"{base}known"]
        changed = {"linkcheck_timeout": 2, "linkcheck_ignore": known}
        lines = [f"{name} = {value!r}\n" for name, value in {**SETTINGS, **changed}.items()]
        (source / "conf.py").write_text("".join(lines))
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", "-q", "-b", "linkcheck", source, source / "out"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        server.shutdown()
    rows = map(json.loads, (source / "out/output.json").read_text().splitlines())
    status = {row["uri"].removeprefix(base): row["status"] for row in rows}
    return done.returncode, done.stderr, status


def test_the_dead_are_named_and_the_run_fails(report):
    code, said, status = report
    assert {path for path in PATHS if status[path] == "broken"} == DEAD
    assert set(re.findall(r"link: http://127\.0\.0\.1:\d+/(\S+)", said)) == DEAD
    assert code == 1


def test_a_host_that_refuses_head_stumbles_or_redirects_is_no_failure(report):
    *_, status = report
    assert [status[path] for path in ("fine", "no-head", "stumbles")] == ["working"] * 3
    assert status["moved"] == "redirected"


def test_what_is_known_not_to_answer_is_not_asked(report):
    *_, status = report
    assert status["known"] == "ignored"
    assert Host.asked["known"] == 0


@pytest.mark.usefixtures("report")
def test_a_host_is_asked_one_thing_at_a_time():
    assert Host.most == 1


@pytest.mark.parametrize("pattern", SETTINGS["linkcheck_ignore"])
def test_what_is_known_is_still_linked(pattern):
    pages = (ROOT / "_build/html").rglob("*.html")
    assert any(re.search(f'href="{pattern}', page.read_text("utf-8")) for page in pages)
