"""A chapter as others show it: what nbconvert's sanitizers leave of what it displays.

What JupyterLab's leaves is in tests/places.
"""

import base64
import io
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML
from PIL import Image

from lifebook.explorer.gallery import EXPLORERS
from lifebook.figures import style
from lifebook.figures.style import PAGE_HTML
from theme.text import page_outputs

BOOK = Path(__file__).parents[2] / "book"
IMAGE = re.compile(r'<img [^>]*src="data:image/png;base64,([^"]+)"')


@pytest.fixture(scope="module")
def displayed():
    """Return a notebook of all that the chapters display, without their code and their prose."""
    every = nbformat.v4.new_notebook()
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            outputs = [output for output in cell.get("outputs", ()) if "data" in output]
            every.cells.append(nbformat.v4.new_code_cell(outputs=outputs))
    return every


@pytest.fixture(scope="module")
def forms(displayed):
    return [output.data for cell in displayed.cells for output in cell.outputs]


def test_a_picture_takes_no_form_that_a_sanitizer_empties(forms):
    pictures = [data for data in forms if "<svg" in data.get(PAGE_HTML, "")]
    assert len(pictures) > len(EXPLORERS)
    assert not any("<svg" in data.get("text/html", "") for data in forms)
    # Where there is HTML, viewers choose it, and strip it; where there is SVG, some drop it.
    assert {tuple(sorted(data)) for data in pictures} == {("image/png", "text/plain", PAGE_HTML)}


def test_a_picture_is_legible_on_a_dark_page(forms):
    for data in forms:
        if "image/png" in data:
            png = io.BytesIO(base64.b64decode(data["image/png"]))
            image = np.asarray(Image.open(png).convert("L"))
            assert image.shape[1] > 800
            edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
            assert edge.min() == 255  # a white panel, and nothing is cut off
            assert image.min() < 10


@style.apply
def colored(caption="Each has its color."):
    drawing, axes = style.canvas()
    for place, color in enumerate(style.SERIES):
        axes.plot((place, 2 * place + 1), color=color, label=color)
    drawing.legend(loc="outside lower right", ncols=2)
    return style.Figure("colored", drawing, alt="Six lines.", caption=caption)


def test_a_caption_stands_under_all_of_its_picture():
    heights = []
    for caption in (
        "It is. ",
        "It is. " * 30,
    ):  # of narrow letters: it ends left of the legend's end
        image = np.asarray(Image.open(io.BytesIO(colored(caption).png())).convert("L"))
        left, right = (np.flatnonzero((x < 99).any(axis=1)) for x in np.split(image, [900], axis=1))
        assert left[-1] > right[-1] + 10
        heights.append(np.ptp(right))
    assert abs(np.diff(heights)) <= 1


def test_a_picture_keeps_the_colors_that_mean_something():
    image = np.asarray(Image.open(io.BytesIO(colored().png())).convert("RGB")).astype(int)
    for color in style.SERIES:
        meant = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
        assert (abs(image - meant).max(axis=2) <= 3).sum() > 1000, color


def test_nbconvert_sanitizes_and_shows_all(displayed, forms):
    page, _ = HTMLExporter(sanitize_html=True).from_notebook_node(displayed)
    body = page.partition("<main")[2]
    assert IMAGE.findall(body) == [data["image/png"] for data in forms if "image/png" in data]
    html = "".join(data["text/html"] for data in forms if "text/html" in data)
    marked = [data["text/markdown"] for data in forms if "text/markdown" in data]
    tables = [text.splitlines() for text in marked if text.startswith("|")]
    assert min(html.count("<tr"), len(tables)) > 0
    assert body.count("<tr") == html.count("<tr") + sum(len(lines) - 1 for lines in tables)
    # What it does not let through, it prints as text: of tables the heads, of a guess the fold.
    folds = {"details", "summary", "p"}
    assert set(re.findall(r"&lt;/?(\w+)", body)) <= {"thead", "th", "tbody", *folds}


def test_nbconvert_keeps_the_pictures_where_it_takes_out_all_else(displayed, forms):
    kept, _ = SanitizeHTML().preprocess(nbformat.from_dict(displayed), {})
    left = [output.data for cell in kept.cells for output in cell.outputs]
    assert [d.get("image/png") for d in left] == [d.get("image/png") for d in forms]
    assert not any(PAGE_HTML in data for data in left)


def test_the_page_takes_its_own_form():
    bundle = colored()._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell(
        outputs=[nbformat.v4.new_output("display_data", {PAGE_HTML: bundle[PAGE_HTML]})]
    )
    source = [nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))]
    page_outputs(None, "", source)
    (read,) = nbformat.reads(source[0], as_version=4).cells
    assert read.outputs[0].data == {"text/html": colored().markup()}
