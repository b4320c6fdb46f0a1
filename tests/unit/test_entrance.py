"""What one reads first: the README shows what the package gives, and the map is the place."""

import gzip
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lifebook.figures.style import COLORS, FILL
from tools import picture

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
GROUNDS = "#ffffff", "#0d1117"  # of a forge's pages, light and dark
LEAST = 3  # of large text and of what is drawn: WCAG 2.2, 1.4.3 and 1.4.11


def luminance(color):
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_picture_is_what_the_package_draws():
    for name, ink in picture.INKS.items():
        assert (ROOT / "book" / name).read_text("utf-8") == picture.draw(ink)
        assert len(picture.draw(ink)) < 15_000
    light, dark = (f"book/{name}" for name in picture.INKS)
    assert f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">' in README
    assert f'<img src="{light}" width="{picture.WIDTH}" alt="{picture.ALT}">' in README


def test_the_picture_shows_the_posts_numbers():
    # As the post prints them: 2 TFLOPs of arithmetic, 41 for the cache, twenty times as much.
    tree = ElementTree.fromstring(picture.draw("#000"))
    said = " ".join(text.text for text in tree.iter("{http://www.w3.org/2000/svg}text"))
    assert re.findall(r"\b(\d+) (?:TFLOPs|to 1)", said) == ["2", "41", "20"]
    short, long = (float(bar.get("width")) for bar in tree.iter("{http://www.w3.org/2000/svg}rect"))
    assert 19.5 < long / short < 20.5


def test_the_picture_reads_in_light_and_dark():
    for ground, ink in zip(GROUNDS, picture.INKS.values(), strict=True):
        assert contrast(ink, ground) >= 7  # WCAG 2.2, 1.4.6
        for part in ("compute", "kv"):
            assert contrast(COLORS[part], ground) >= LEAST, part
    assert contrast("#ffffff", COLORS["kv"]) >= LEAST


def test_words_on_a_filled_area_read_in_light_and_dark():
    css = (ROOT / "book/theme/styles/colors.css").read_text("utf-8")
    pairs = dict(re.findall(r"--(bg|ink): light-dark\((.+?)\);", css))
    grounds, inks = (re.sub(r"#(.)(.)(.)\b", r"#\1\1\2\2\3\3", pairs[name]).split(", ")
                     for name in ("bg", "ink"))  # fmt: skip
    for ground, ink in zip(grounds, inks, strict=True):
        for color in COLORS.values():
            mixed = (FILL * int(color[at : at + 2], 16) + (1 - FILL) * int(ground[at : at + 2], 16)
                     for at in (1, 3, 5))  # fmt: skip
            filled = "#" + "".join(f"{round(part):02x}" for part in mixed)
            assert contrast(ink, filled) >= 4.5, (color, ground)  # WCAG 2.2, 1.4.3: of small text


def rooms():
    """Return the folders that CONTRIBUTING's map names, by their depth in it."""
    tree = re.search(r"```text\n(.*?)```", CONTRIBUTING, re.S).group(1)
    path, found = [], []
    for indent, name in re.findall(r"^( *)([\w-]+)/(?: .*)?$", tree, re.M):
        path[len(indent) // 2 :] = [name]
        found.append("/".join(path))
    assert len(found) == len(tree.splitlines())
    return found


def folders(place):
    """Return the folders of a place that hold something written, without what tools leave there."""
    found = {path for path in (ROOT / place).iterdir() if path.is_dir()}
    found = {path for path in found if not re.match(r"[._]|dist$|.*\.egg-info$", path.name)}
    kinds = {".py", ".md", ".txt", ".toml", ".bib"}
    return {
        path.relative_to(ROOT).as_posix()
        for path in found
        if any(file.suffix in kinds for file in path.rglob("*"))
    }


def test_the_map_names_the_real_folders():
    named = rooms()
    assert [name for name in named if not (ROOT / name).is_dir()] == []
    for place in (".", "lifecost", "book", "book/lifebook"):
        assert folders(place) <= set(named), place
    assert {"tests/unit", "tests/book", "tests/places"} <= set(named)


def test_the_files_that_contributing_names_are_there():
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", CONTRIBUTING)
    paths = re.findall(r"`((?:lifecost|book|tests|paper)/[\w./-]+)`", CONTRIBUTING)
    named = {path for path in links + paths if "?" not in path}
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_commands_that_both_name_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README + CONTRIBUTING, re.M)) <= set(targets)


# Each script of the page, by a word that it alone has, with a last line and what that prints.
@pytest.mark.parametrize(("word", "line", "shown"), [
    ("ProcessPool", "print(len(found))", "3"),
    ("read_trace", "print(trace.requests, trace.input.total)", "4 27"),
])  # fmt: skip
def test_the_scripts_of_scaling_up_run(tmp_path, word, line, shown):
    for i in range(2):
        text = f"input,cached,output\n{5 + i},0,7\n8,2,{i}\n"
        (tmp_path / f"trace-{i}.csv.gz").write_bytes(gzip.compress(text.encode()))
    text = (ROOT / "book/scaling-up.md").read_text("utf-8")
    (block,) = (b for b in re.findall(r"```python\n(.*?)```", text, re.S) if word in b)
    script = tmp_path / "sweep.py"
    script.write_text(f"{block}    {line}\n", "utf-8")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == (shown, "")
