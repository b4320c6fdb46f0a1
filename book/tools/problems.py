"""Make an exam of the problem set, with numbers of its own: `make problems SEED=17`.

Two notebooks come of it: one for whoever grades, with solutions, and the source of an assignment
for nbgrader, whose release has neither solutions nor tests. What a student types is graded by
`check`; the words are graded by hand.
"""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from typing import Any

import nbformat

from lifebook.exercises import exercises
from tools import execute

_SOLUTION = ":::{admonition} Solution"
_CHECK = re.compile(r'check\("([\w-]+)"\)')
_NO_SEED = "seed=None"
_WORDS = 3  # a third of the points is for the words


def varied(notebook: Any, seed: int) -> Any:
    """Return the problem set with the numbers of a seed, in problems and solutions."""
    made = copy.deepcopy(notebook)
    (setup,) = (cell for cell in made.cells if _NO_SEED in cell.source)
    setup.source = setup.source.replace(_NO_SEED, f"seed={seed}")
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source = _CHECK.sub(rf'check("\1", seed={seed})', cell.source)
            cell.outputs, cell.execution_count = [], None
    execute.fill(made)
    return made


def assignment(solved: Any, seed: int) -> Any:
    """Return what nbgrader makes a release of: problems, places for answers, tests."""
    made = nbformat.v4.new_notebook(metadata=solved.metadata)
    known = exercises(seed)
    for cell in solved.cells:
        found = re.search(r'check\("([\w-]+)", seed', cell.source)
        if cell.cell_type == "markdown":
            if _SOLUTION not in cell.source and "## How to grade" not in cell.source:
                made.cells.append(nbformat.v4.new_markdown_cell(_asked(cell.source)))
        elif found:
            made.cells += _places(known[found[1]], seed)
    return made


def _asked(text: str) -> str:
    """Return a problem's text as plain Markdown, and in place of how `check` works, what to do."""
    text = execute.NUMBER.sub(r"\2", text)
    text = re.sub(r"\[([^]]+)\]\([\w/.-]+\)", r"\1", text)  # pages that lie elsewhere
    return re.sub(
        r"^Each problem asks for .*$",
        "Each problem asks for a number and then for a reason. Make the number the `answer` of the "
        "cell below, in the unit that it names; write the reason below that, in a few sentences.",
        text, flags=re.MULTILINE,
    )  # fmt: skip


def _places(exercise: Any, seed: int) -> list[Any]:
    """Return the cells for one problem: the number, its test, the words."""
    name, points = exercise.name, int(exercise.row["points"])
    words = round(points / _WORDS)
    unit = f"in {exercise.unit}" if exercise.unit else "a plain number"
    number = nbformat.v4.new_code_cell(
        f"# {unit.capitalize()}.\n"
        f"### BEGIN SOLUTION\nanswer = {exercise.value()!r}\n### END SOLUTION"
    )
    test = nbformat.v4.new_code_cell(
        "### BEGIN HIDDEN TESTS\nfrom lifebook.exercises import check\n\n"
        f'assert check("{name}", answer, seed={seed}).right\n### END HIDDEN TESTS'
    )
    reason = nbformat.v4.new_markdown_cell("Your reason, in a few sentences.")
    forms = (
        (number, "number", dict(solution=True, grade=False, locked=False)),
        (test, "test", dict(solution=False, grade=True, locked=True, points=points - words)),
        (reason, "words", dict(solution=True, grade=True, locked=False, points=words)),
    )
    for cell, kind, what in forms:
        cell.metadata["nbgrader"] = {
            "grade_id": f"{name}-{kind}", "schema_version": 3, "task": False,
            "cell_type": cell.cell_type, **what,
        }  # fmt: skip
    return [cell for cell, *_ in forms]


def write(seed: int, folder: Path) -> list[Path]:
    """Write both notebooks; return where they are."""
    solved = varied(nbformat.read(execute.BOOK / "problem-set.ipynb", as_version=4), seed)
    made = {
        folder / f"solutions-{seed}.ipynb": solved,
        folder / "source" / f"problems-{seed}" / "problem-set.ipynb": assignment(solved, seed),
    }
    for path, notebook in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.validate(notebook)
        path.write_text(nbformat.writes(notebook) + "\n", "utf-8")
    return list(made)


if __name__ == "__main__":
    try:
        chosen = int(sys.argv[1])
    except (IndexError, ValueError):
        sys.exit("make problems SEED=17: the seed is a whole number; the same one, the same exam.")
    for path in write(chosen, execute.BOOK.parent / "_build" / "problems"):
        print(path.relative_to(execute.BOOK.parent))
