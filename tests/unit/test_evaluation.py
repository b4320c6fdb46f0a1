"""Estimates against published times: errors out of sample, what each overhead is for, regimes."""

import numpy as np
import pytest

from lifebook.data import load
from lifebook.measure import evaluation
from lifebook.measure.case import case, measured, served
from lifebook.measure.evaluation import SOURCES, Trial, core, ratios, sound, spread
from lifebook.measure.regimes import GENERATIONS, REGIMES
from lifebook.measure.steps import bounds, published_steps
from lifecost import InputError
from lifecost.serving import fewest_chips

# Median errors out of sample that the level must not exceed: what it was built to.
TARGETS = {"inferencex": 0.17, "nvidia-aic": 0.12, "argonne": 0.17, "gpt-fast": 0.12}


def test_regimes_have_rows():
    steps = sound(published_steps())
    found = ratios(steps)
    for kind in REGIMES:
        held = kind.holds(steps)
        assert held.sum() >= 20, kind.title
        assert np.median(found[held]) > 1.5, kind.title


def test_what_stands_in_the_data_is_what_the_fit_gives():
    stands = [load("overheads")[name]["operation_time"] for name in GENERATIONS]
    assert stands == pytest.approx([evaluation.trial().fit()] * 3, rel=1e-12)


def test_errors_out_of_sample_are_within_the_targets():
    *scores, all_of_them = evaluation.out_of_sample()
    assert [one.title for one in scores] == list(SOURCES)
    for one in scores:
        assert one.median <= TARGETS[one.title]
        assert one.low <= one.median <= one.high
        assert one.median <= one.ninety < 0.5
    assert all_of_them.rows == len(core()) > 3000
    assert all_of_them.median < 0.14


def test_the_constant_hardly_depends_on_what_is_left_out():
    *large, gpt_fast, whole = [one.operation_time for one in evaluation.out_of_sample()]
    assert large == pytest.approx([whole] * 3, rel=1e-12)
    assert abs(gpt_fast - whole) < 2.01 * load("published_steps")["fit"]["step"]


def test_each_overhead_is_needed():
    (_, _, full), *without = evaluation.left_out()
    for title, _, medians in without:
        assert max(np.array(medians) - full) > 0.03, title
        assert np.mean(medians) > np.mean(full), title


def test_an_estimate_is_a_straight_line_in_the_time_of_an_operation():
    some = core().where(np.arange(len(core())) % 50 == 0)
    found = Trial(some).ratios(2e-6)
    direct = evaluation.estimates(some, operation_time=2e-6) / some.seconds
    np.testing.assert_allclose(found, direct, rtol=1e-9)


def test_estimates_are_above_bounds():
    # What nothing overlaps in, at less than the peaks, takes longer than the least time. The batch
    # of an estimate is that of the requests, and a bound's may be smaller.
    assert (evaluation.estimates(core()) > bounds(core())).all()


def test_regimes_of_the_library_carry_these_errors():
    known = load("regimes")
    for name, error, count in evaluation.regime_errors():
        assert known[name]["rows"] == count, name
        assert known[name]["error"] == pytest.approx(error, abs=0.005), name
        assert known[name]["tested"] == (error < 0.3 and count >= 50), name


def test_engines_differ_in_the_same_setting():
    steps = core()
    served = steps.where(np.isin(steps["source"], ("inferencex", "nvidia-aic")))
    found = spread(served)
    assert len(found) > 80
    assert 1.1 < np.median(found) < 1.3


# Times between two tokens on four B200 as InferenceX has them, in milliseconds.
@pytest.mark.parametrize(("users", "milliseconds"), [(16, 12.91), (64, 30.14), (128, 52.69)])
def test_the_running_case_is_what_was_measured(users, milliseconds):
    assert 1e3 * measured(users) == pytest.approx(milliseconds, abs=0.01)
    found = served(concurrency=users, layout={"tensor_parallel": 4}).time_per_token
    assert found.bound < measured(users)


def test_the_running_case_has_the_fewest_chips_that_keep_its_promise():
    known = load("running_case")["case"]
    found = fewest_chips(**case(), time_per_token=1 / known["rate"])
    assert found.layout.n_chip == known["chips"]


def test_runs_that_nobody_published_are_not_made_up():
    with pytest.raises(InputError, match="no run of the case has 65 users"):
        measured(65)
