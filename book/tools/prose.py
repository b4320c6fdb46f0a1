"""Check the prose of pages, notebooks and docstrings (`make lint`), or grade the chapters.

Proselint knows no notebook, no formula and no directive, so it is given what is left without them.
The grade is the Automated Readability Index, which counts letters and words alone: the school year
in which a text of such sentences is read with ease. It knows nothing of how hard the matter is.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("*.md", "book/*.md", "paper/*.md")
# What conflicts with the house style, and why. The most particular names come first.
DISABLED = {
    "typography.symbols.curly_quotes": False,  # sources have the keyboard's marks
    "typography.symbols.ellipsis": False,  # in code, three dots are Python's
    "misc.phrasal_adjectives.ly": False,  # a multiply-accumulate is no adverb
    "typography.symbols.sentence_spacing": False,  # what was taken out leaves its spaces
    "typography.punctuation.spacing": False,
    "dates_times.dates": False,  # 1,447 tokens and an A100's memory are no years
}
CONFIG = {"max_errors": 1000, "checks": {**DISABLED, **DEFAULT["checks"]}}

# What is no prose, in this order; a number computed into the text stays.
NO_PROSE = [
    re.compile(r"\A---\n.*?\n---\n", re.DOTALL),  # the head of a paper
    # Fences of code, and those directives that hold no text.
    re.compile(r"^```+(?:\{(?:eval|include|bib|math)|\w|$).*?^```+$", re.DOTALL | re.MULTILINE),
    re.compile(r"^(?::::+|```+).*$", re.MULTILINE),
    re.compile(r"^:\w[\w-]*:.*$", re.MULTILINE),  # the options of a directive
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"^\|.*\|$", re.MULTILINE),
    re.compile(r"^\s*>>> .*?(?=\n\s*\n|\Z)", re.DOTALL | re.MULTILINE),
]
INLINE = re.compile(r"\$[^$]+\$|(?<!`)``?[^`]+``?|\{[a-z:-]+\}(?=`)")
TAG = re.compile(r"</?[A-Za-z][^>]*>")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|\[@[^\]]*\]")


def plain(text: str) -> str:
    """Return the text with what is no prose taken out, on the same lines."""
    for pattern in NO_PROSE:
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = TAG.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = LINK.sub(lambda found: found[1] or "", text)
    return INLINE.sub("", text)


def notebook(path: Path) -> str:
    """Return the Markdown cells of a notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def docstrings(path: Path) -> str:
    """Return the docstrings of a module, each on the lines where it stands."""
    text = path.read_text("utf-8")
    lines = [""] * (text.count("\n") + 1)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            words = node.body[0].value.value.split("\n")
            for at, (line, below) in enumerate(zip(words, [*words[1:], ""], strict=True)):
                head = at and depth(below) > depth(line)  # "name : type" over its meaning
                lines[node.body[0].lineno - 1 + at] = "" if head else line.strip()
    return "\n".join(lines)


def depth(line: str) -> int:
    """Return how far a line is indented."""
    return len(line) - len(line.lstrip())


def texts() -> Iterator[tuple[str, str]]:
    """Yield where each text stands, and its prose."""
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            yield str(path.relative_to(ROOT)), plain(path.read_text("utf-8"))
    for path in sorted(ROOT.glob("book/*.ipynb")):
        yield str(path.relative_to(ROOT)), plain(notebook(path))
    for path in sorted([*ROOT.glob("lifecost/**/*.py"), *ROOT.glob("book/lifebook/**/*.py")]):
        yield str(path.relative_to(ROOT)), plain(docstrings(path))


def findings(where: str, text: str) -> list[str]:
    """Return what the linter finds, a line each; lines of a notebook are those of its text."""
    if not CheckRegistry().checks:
        CheckRegistry().register_many(__register__)
    return [
        f"{where}:{found.pos[0]}: {found.check_result.message} ({found.check_result.check_path})"
        for found in (LintFile(where, text).lint(CONFIG) if text.strip() else [])
    ]


def grade(text: str) -> float:
    """Return the school year of the whole sentences, by letters a word and words a sentence."""
    paragraphs = [p for p in re.split(r"\n\s*\n", text) if re.search(r"[.?!:]\W*$", p)]
    sentences = [
        s for p in paragraphs for s in re.split(r"(?<=[.?!:;])\s+", p) if len(s.split()) > 2
    ]
    words = [word for s in sentences for word in re.findall(r"[\w'-]+", s)]
    return 4.71 * sum(map(len, words)) / len(words) + 0.5 * len(words) / len(sentences) - 21.43


def grades() -> dict[str, float]:
    """Return the grade of each chapter."""
    return {path.stem: grade(plain(notebook(path))) for path in sorted(ROOT.glob("book/*.ipynb"))}


if __name__ == "__main__":
    if sys.argv[1:] == ["--grades"]:
        for chapter, year in sorted(grades().items(), key=lambda item: -item[1]):
            print(f"{year:5.1f}  {chapter}")
    else:
        found = [line for where, text in texts() for line in findings(where, text)]
        sys.exit("\n".join(found) or 0)
