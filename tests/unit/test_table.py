"""Tables of results: numbers as people read them, and one column for each head."""

import math

import pytest

from lifecost import InputError, Table


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([["Llama", 8.03e9]], "|:--|--:|"),
        ([[128, "5.0 %"], [64, "-"]], "|--:|--:|"),
        ([["8 heads", "68.7 GB"]], "|:--|--:|"),
        ([["a", "never"], ["b", 1.5]], "|:--|--:|"),
        ([["a", "H100"], ["b", 1.5]], "|:--|:--|"),
        ([["a", -0.5], ["b", math.inf]], "|:--|--:|"),
        ([], "|:--|:--|"),
    ],
)
def test_numbers_are_set_to_the_right_and_words_to_the_left(rows, rule):
    assert Table(["what", "how much"], rows)._repr_markdown_().splitlines()[1] == rule


def test_numbers_have_three_digits_and_text_stays():
    assert (
        "| 3.22×10¹⁰ | 8,192 | 1.0000 |"
        in Table("abc", [[3.2196e10, 8192, "1.0000"]])._repr_markdown_()
    )


def test_a_bar_in_a_cell_does_not_end_it():
    assert r"| a \| b |" in Table(["what"], [["a | b"]])._repr_markdown_()


def test_text_stands_in_columns():
    assert repr(Table(["what", "size"], [["cache", 5], ["weights", 1234]])) == (
        "what      size\ncache        5\nweights  1,234"
    )


def test_each_row_has_a_cell_for_each_head():
    with pytest.raises(InputError, match="2 cells for 3 heads"):
        Table(["a", "b", "c"], [[1, 2, 3], [1, 2]])
