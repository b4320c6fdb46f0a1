"""The chapters as tests: nbval runs each once and compares outputs; here, also what prose says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: Any) -> Iterator[Any]:
    """Let a notebook also ask for the numbers in its prose."""
    found = yield
    if file_path.suffix != ".ipynb" or not found:
        return found
    return [_chapter().from_parent(parent, path=file_path)]


def _chapter() -> Any:
    # Only where notebooks are run: what it imports takes seconds.
    from nbval.plugin import IPyNbFile

    from tools.execute import NUMBER

    class Prose(pytest.Item):
        """The numbers of one cell of text, from the kernel that has run the cells above it."""

        numbers: list[tuple[str, str]]

        def runtest(self) -> None:
            kernel = self.parent.kernel
            asked = kernel.kc.execute(
                "", store_history=False, user_expressions={name: name for name, _ in self.numbers}
            )
            patience = self.config.option.nbval_cell_timeout
            while (reply := kernel.get_message("shell", patience))["parent_header"].get(
                "msg_id"
            ) != asked:
                pass
            answers = reply["content"]["user_expressions"]
            stale = [
                (name, shown, now)
                for name, shown in self.numbers
                if (now := _value(answers[name])) != shown
            ]
            assert not stale, f"run make notebooks: {stale}"

        def repr_failure(self, excinfo: Any) -> str:
            return str(excinfo.value)

        def reportinfo(self) -> tuple[Any, None, str]:
            return self.path, None, f"{self.path.name}, {self.name}"

    class Chapter(IPyNbFile):
        def collect(self) -> Iterator[Any]:
            code = list(super().collect())
            cells = iter(code)
            for at, cell in enumerate(self.nb.cells):
                if cell.cell_type == "code":
                    item = next(cells)
                    # A busy machine may be slow to say even what a cell has printed.
                    item.output_timeout = self.config.option.nbval_cell_timeout
                    yield item
                elif numbers := NUMBER.findall(cell.source):
                    prose = Prose.from_parent(self, name=f"Prose {at}")
                    prose.numbers = numbers
                    yield prose

    return Chapter


def _value(answer: dict[str, Any]) -> Any:
    if answer["status"] != "ok":
        return f"{answer['ename']}: {answer['evalue']}"
    return ast.literal_eval(answer["data"]["text/plain"])
