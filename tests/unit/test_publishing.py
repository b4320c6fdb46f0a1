"""Publishing: the workflows are valid and careful, and old versions stay where they were."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

import lifecost
from tools import publish

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in GITHUB.glob("workflows/*.yml")}
TEXTS = {path.stem: path.read_text("utf-8") for path in GITHUB.glob("workflows/*.yml")}


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/code.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("dependabot", "dependabot.yml"),
    ],
)
def test_files_are_valid(schema, pattern):
    files = [str(path) for path in GITHUB.glob(pattern)]
    assert files
    done = CliRunner().invoke(check_jsonschema, ["--builtin-schema", f"vendor.{schema}", *files])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_whole(name):
    for used in re.findall(r"uses: (.+)", TEXTS[name]):
        assert re.fullmatch(r"\./\S+|actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_one_pin_for_each_action():
    used = set(re.findall(r"uses: (actions/.+)", "\n".join(TEXTS.values())))
    assert len(used) == len({action.split("@")[0] for action in used})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_rights_are_the_least(name):
    # To read is all that a workflow may; the one job that writes says what.
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    granted = [job.get("permissions", {}) for job in WORKFLOWS[name]["jobs"].values()]
    writes = {right for rights in granted for right, kind in rights.items() if kind == "write"}
    expected = {
        "build": set(),
        "deploy": {"pages", "id-token"},
        "release": {"contents"},
        "weekly": {"issues"},
    }
    assert writes == expected[name]
    assert "pull_request_target" not in TEXTS[name]
    # What others may write, such as a title, never becomes part of a script.
    scripts = re.findall(r"run: (?:\|\n((?: {10}.*\n|\n)+)|(.*))", TEXTS[name])
    assert not any("${{" in part for script in scripts for part in script)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_commands_exist(name):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(re.findall(r"\bmake ([a-z-]+)", TEXTS[name])) <= set(targets)


@pytest.mark.parametrize(
    ("tag", "head", "status", "message"),
    [
        (f"v{lifecost.__version__}", f"## {lifecost.__version__} - 2027-01-02", 0, ""),
        ("v99.0.0", f"## {lifecost.__version__} - 2027-01-02", 1, "the tag v99.0.0 is not v"),
        (
            f"v{lifecost.__version__}",
            f"## {lifecost.__version__} - unreleased",
            1,
            "no dated entry",
        ),
    ],
)
def test_a_tag_is_the_version(tag, head, status, message, tmp_path):
    step = WORKFLOWS["release"]["jobs"]["version"]["steps"][-1]["run"]
    (tmp_path / "lifecost").mkdir()
    init = (ROOT / "lifecost/__init__.py").read_text("utf-8")
    (tmp_path / "lifecost/__init__.py").write_text(init)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changes\n\n{head}\n")
    done = subprocess.run(
        ["bash", "-e", "-c", step],
        cwd=tmp_path, env={"GITHUB_REF_NAME": tag, "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert message in done.stdout


@pytest.fixture
def site(tmp_path):
    """Return a built site in small."""
    root = tmp_path / "site"
    (root / "_static").mkdir(parents=True)
    (root / "index.html").write_text("new")
    (root / "_static/book.css").write_text("body {}")
    return root


def test_versions_stay(site, tmp_path):
    releases = tmp_path / "releases"
    releases.mkdir()
    for version in ("1.0.0", "1.10.0"):
        (site / "index.html").write_text(f"old {version}")
        publish.pack(site, releases / f"lifecost-{version}-html.zip")
    (site / "index.html").write_text("new")
    for _ in range(2):  # a second deployment gives the same as the first
        assert publish.assemble(site, releases, tmp_path / "out") == ["v1.0.0", "v1.10.0"]
        found = {
            str(path.relative_to(tmp_path / "out")): path.read_text()
            for path in (tmp_path / "out").rglob("index.html")
        }
        assert found == {
            "index.html": "new",
            "v1.0.0/index.html": "old 1.0.0",
            "v1.10.0/index.html": "old 1.10.0",
        }
        assert (tmp_path / "out/v1.0.0/_static/book.css").exists()
        assert (tmp_path / "out/.nojekyll").exists()


def test_first_deployment_has_no_release(site, tmp_path):
    assert publish.assemble(site, tmp_path / "none", tmp_path / "out") == []


def test_equal_sites_give_equal_archives(site, tmp_path):
    first, second = (tmp_path / name / "lifecost-1.0.0-html.zip" for name in "ab")
    for archive in (first, second):
        archive.parent.mkdir()
        publish.pack(site, archive)
        (site / "index.html").touch()
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert packed.namelist() == [
            "lifecost-1.0.0/_static/book.css",
            "lifecost-1.0.0/index.html",
        ]


@pytest.mark.parametrize(
    ("name", "member", "message"),
    [
        ("lifecost-1.0.0-html.zip", "lifecost-1.0.0/../../evil.html", "lies outside of"),
        ("lifecost-1.0.0-html.zip", "other/index.html", "lies outside of"),
        ("lifecost-1.0.0-html.zip", "lifecost-1.0.0/page.html", "it has no index.html"),
        ("lifecost-html.zip", "lifecost-1.0.0/index.html", "an archive is named"),
    ],
)
def test_bad_archives_are_refused(site, tmp_path, name, member, message):
    releases = tmp_path / "releases"
    releases.mkdir()
    with zipfile.ZipFile(releases / name, "w") as packed:
        packed.writestr(member, "x")
    with pytest.raises(SystemExit, match=message):
        publish.assemble(site, releases, tmp_path / "out")
    assert not list(tmp_path.rglob("evil.html"))


def test_nothing_built_is_not_published(tmp_path):
    with pytest.raises(SystemExit, match=r"no index\.html"):
        publish.pack(tmp_path, tmp_path / "lifecost-1.0.0-html.zip")
