"""One test for a whole table still says which rows fail, and how."""

import pytest
from every import every


def test_each_row_that_fails_is_named():
    @every("one, other", [(1, 1), (1, 2), (3, 3), (3, 4)])
    def equal(one, other, also):
        assert one == other == also

    with pytest.raises(ExceptionGroup, match="for 3 of 4") as caught:
        equal(also=1)
    notes = [error.__notes__ for error in caught.value.exceptions]
    assert notes == [
        [f"with one = {one}, other = {other}"] for one, other in [(1, 2), (3, 3), (3, 4)]
    ]


def test_one_failure_is_raised_as_it_is():
    @every("name", ["a", "b"])
    def is_a(name):
        assert name == "a"

    with pytest.raises(AssertionError) as caught:
        is_a()
    assert caught.value.__notes__ == ["with name = b"]


def test_a_table_without_rows_tests_nothing():
    with pytest.raises(AssertionError, match="no name"):
        every("name", [])
