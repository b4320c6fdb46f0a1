"""The interactive figures: their numbers, their controls, and what a moved slider does."""

import functools
import importlib
import math
import pkgutil
import random
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from every import every

from lifebook.explorer import Choice, Range, declarations, gallery, page
from lifebook.explorer.gallery import EXPLORERS
from lifebook.figures.style import PAGE_HTML
from lifecost import InputError
from tools.reference import minified

POST = dict(model="llama-3-8b", batch=128, context=8192, kv_bytes=1, hoi=600)
KV_MHA = 2 * 32 * 32 * 128 * 8192 * 128  # bytes, written out
WORK = 2 * 8_000_000_000 * 128

# name: the numbers at the opening setting, from the post or written out from its setting.
OPENINGS = {
    "kv-cache": dict(kv_cache_size=KV_MHA, weights_size=8e9, kv_to_weights_ratio=34.359738368),
    "gqa": dict(
        kv_cache_size=KV_MHA / 4, kv_cache_reduction=4, kv_to_weights_ratio=8.589934592,
        kv_to_compute_ratio=600 * KV_MHA / 4 / WORK, balancing_group_size=600 * KV_MHA / WORK,
    ),
    "balance": dict(
        forward_flops=WORK, kv_load_flop_equivalent=600 * KV_MHA / 4,
        kv_to_compute_ratio=600 * KV_MHA / 4 / WORK, weight_load_flop_equivalent=600 * 8e9,
        break_even_context=8192 * WORK / (600 * KV_MHA / 4),
    ),
    # The H100's datasheet in FP8; eight FLOPs for each byte of an 8B model's cache.
    "roofline": dict(
        attention_rate=8 * 3.35e12, decode_rate=256 * 3.35e12, prefill_rate=1979e12,
        attention_intensity=8, decode_intensity=256, prefill_intensity=16384,
    ),
    # The catalog's exact count, and the H100's datasheet in FP8: 1,979 TFLOP/s, 3.35 TB/s, 80 GB.
    "my-model": dict(
        kv_cache_size=KV_MHA / 4, kv_bytes_per_token=KV_MHA / 4 / 8192 / 128,
        kv_to_compute_ratio=1979 / 3.35 * KV_MHA / 4 / (2 * 8_030_261_248 * 128),
        decode_kv_time=KV_MHA / 4 / 3.35e12, chips_needed=(KV_MHA / 4 + 8_030_261_248) / 80e9,
    ),
    # The cache and all weights but the looked-up embedding and the norms, at 3.35 TB/s.
    "overlap": dict(
        decode_kv_time=KV_MHA / 4 / 3.35e12,
        decode_weights_time=(8_030_261_248 - 128256 * 4096 - 65 * 4096) / 3.35e12,
        decode_step_time=(KV_MHA / 4 + 8_030_261_248 - 128256 * 4096 - 65 * 4096) / 3.35e12,
        memory_needed=KV_MHA / 4 + 8e9,
    ),
    # 10e12 tokens decoded after 15e12 of training; a quarter of the cache is read.
    "kv-compression": dict(
        training_flops=6 * 8e9 * 15e12,
        break_even_params_penalty=1 - (6 * 8e9 * 15e12 + 600 * KV_MHA / 16 / 128 * 1e13)
        / (6 * 8e9 * 15e12 + 600 * KV_MHA / 4 / 128 * 1e13),
        equal_loss_params_penalty=1 - (1 - 0.029 * 8e9**0.3478 / 482.01) ** (1 / 0.3478),
        break_even_tokens_penalty=1 / (1 + 6 * 8e9 * 15e12 / (600 * KV_MHA * 3 / 16 / 128 * 1e13)),
    ),
    # Four guesses, each right four times in five; one reading of the cache for all of them.
    "speculative": dict(
        expected_tokens=1 + 0.8 + 0.64 + 0.512 + 0.4096,
        speculative_speedup=(1 + 0.8 + 0.64 + 0.512 + 0.4096) / 1.2,
    ),
    # A quarter of the cache, four guesses, as many prompt tokens as answers.
    "design-space": dict(
        kv_to_compute_ratio=600 * KV_MHA / 4 / WORK, decode_token_cost=600 * KV_MHA / 4 / 128,
        design_token_cost=1.2 * 600 * KV_MHA / 16 / 128 / (1 + 0.8 + 0.64 + 0.512 + 0.4096),
    ),
    # A compute-optimal model beside itself; and the family's own 8B to 405B within its fit.
    "lifetime": dict(relative_lifetime_cost=1, relative_forward_cost=1),
    # The cache of the 8B model less its forward pass, over
    # the FLOPs of its scores and mixtures; two FLOPs for a pair, a head and an element, twice.
    "qk-interactions": dict(
        free_interaction=(600 * KV_MHA / 4 - WORK) / (4 * 32 * 32 * 128 * 8192 * 128),
        interaction_step_cost=600 * KV_MHA / 4, interaction_training_factor=1,
        interaction_intensity=8,
    ),
    # 60 layers of 1,024 elements in 16 bits; 45 states of 64 x 128 x 128 in 32 bits with a
    # convolution of 12,288 channels, of which four columns are read and one is written.
    "layer-mix": dict(
        full_bytes_read=60 * 1024 * 2 * 8192 * 128, full_layers_read=15 * 1024 * 2 * 8192 * 128,
        state_bytes_moved=45 * (2 * 64 * 128 * 128 + 5 * 12_288) * 4 * 128, mix_saving_limit=4,
    ),
    # The published shape of the 8B model; weights and cache on H100s of 80 GB.
    "shape": dict(
        shape_width=4096, shape_ff_width=14336, kv_cache_size=KV_MHA / 4,
        decode_token_cost=600 * KV_MHA / 4 / 128, chips_needed=(8e9 + KV_MHA / 4) / 80e9,
        equal_size_decode_cost=600 * ((8_030_261_248 - 128256 * 4096 - 65 * 4096) + KV_MHA / 4)
        / 128,
    ),
    # Llama 3 70B in FP8 on eight H100: matrices of a layer, the last table and the cache of 64
    # sequences at 2,304 tokens in 16 bits, an eighth on each chip.
    "frontier": dict(
        decode_step_time=(
            80 * (2 * 8192 * (8192 + 1024) + 3 * 8192 * 28672) + 2 * 8192 * 128256
            + 64 * 2304 * 80 * 2 * 8 * 128 * 2
        ) / 8 / 3.35e12,
    ),
    # Gopher's budget and size under the printed constants: 32B on 93 tokens a parameter.
    "compute-optimal": dict(optimal_params=32.19e9, optimal_tokens_per_parameter=92.65),
}  # fmt: skip
# Where chapter 1 opens is Gopher, and the frontier is at its chapter's service.
ELSEWHERE = {
    "compute-optimal": dict(law="hoffmann", train_flops=5.76e23, n_params=280e9),
    "frontier": dict(model="llama-3-70b", batch=64),
}


# A picture takes a second: what only looks at the rest draws none, and a page is drawn once.
@functools.cache
def markup(name):
    return page.markup(EXPLORERS[name])


every_explorer = pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)


def test_a_module_is_not_hidden_by_its_object():
    for module in pkgutil.iter_modules(declarations.__path__, f"{declarations.__name__}."):
        imported = importlib.import_module(module.name)
        assert getattr(declarations, module.name.rpartition(".")[2]) is imported


@every_explorer
def test_is_in_the_gallery_under_its_name(explorer):
    assert getattr(gallery, explorer.name.replace("-", "_")) is explorer


@every_explorer
def test_opens_at_the_posts_setting(explorer):
    setting = ELSEWHERE.get(explorer.name, POST)
    shared = explorer.opening.keys() & setting.keys()
    assert shared
    assert {name: explorer.opening[name] for name in shared} == {n: setting[n] for n in shared}


@pytest.mark.parametrize("name", OPENINGS)
def test_opens_with_its_numbers(name):
    found = EXPLORERS[name]()
    for output, value in OPENINGS[name].items():
        assert found[output] == pytest.approx(
            value, rel=1e-4 if name == "compute-optimal" else 1e-12
        )


@every_explorer
def test_declaration(explorer):
    assert 1 <= len(explorer.controls) <= 5
    assert explorer.title.endswith("?")
    names = [control.name for control in explorer.controls]
    assert len(set(names)) == len(names)
    for control in explorer.controls:
        assert control.label
        if isinstance(control, Range):
            assert control.low < control.high
            assert control.low <= control.opening <= control.high
            assert not (control.step and control.per_double)  # evenly, or by doublings
        else:
            assert control.opening in control.options
            assert len({control.title(option) for option in control.options}) == len(
                control.options
            )


@every_explorer
def test_outputs_are_the_formulas_at_every_end(explorer):
    for control in explorer.controls:
        ends = [*control.options] if isinstance(control, Choice) else [control.low, control.high]
        for end in ends:
            found = explorer(**{control.name: end})
            bound = explorer.bind(**{control.name: end})
            formulas = [output.formula for output in explorer.outputs]
            assert list(found) == [formula.name for formula in formulas]
            for formula in formulas:
                assert found[formula.name] == formula(bound)
                assert not math.isnan(found[formula.name])


class Page(HTMLParser):
    """Collects outputs by name and checks that the markup is balanced."""

    VOID = ("br", "img", "input", "path", "use", "rect", "line", "circle", "hr")

    def __init__(self, text):
        super().__init__()
        self.stack, self.outputs, self.data, self.names = [], {}, "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "lifecost-explorer":
            self.names.append(attributes["data-name"])
        if tag == "output":
            self.outputs[attributes["name"]] = [attributes["data-value"], ""]
        self.stack.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while self.stack and self.stack[-1][0] in self.VOID and self.stack[-1][0] != tag:
            self.stack.pop()
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        if self.stack and self.stack[-1][0] == "output":
            self.outputs[self.stack[-1][1]["name"]][1] += data


@every_explorer
def test_page_carries_the_numbers_in_full_precision(explorer):
    found = Page(markup(explorer.name))
    assert found.stack == []
    assert found.names == [explorer.name]
    values, shown = explorer(), dict(zip(explorer(), explorer.readouts(), strict=True))
    assert sorted(found.outputs) == sorted(values)  # a lane's parts stand with the picture
    for name, (exact, text) in found.outputs.items():
        assert float(exact) == values[name]
        assert text == shown[name][1]


@every_explorer
def test_text_form(explorer):
    text = repr(explorer)
    assert text.startswith(explorer.title)
    for control in explorer.controls:
        assert f"{control.label} {control.title(control.opening)}" in text
    for meaning, shown in explorer.readouts():
        assert meaning in text
        assert shown in text
    assert " at 0x" not in text


KINDS = {tuple(type(panel) for panel in one.picture): one for one in EXPLORERS.values()}


@every("explorer", KINDS.values())
def test_forms_in_one_bundle(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(explorer)
    # Drawn a second time, and the same to the letter: notebooks are checked by it.
    assert bundle[PAGE_HTML] == markup(explorer.name)
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in bundle


@every_explorer
def test_a_kernel_sees_and_sets_the_setting(explorer):
    seen = []
    explorer.observe(seen.append)
    assert explorer.values == explorer()
    for control in explorer.controls:
        if isinstance(control, Choice):
            moved = next(name for name in control.options if name != control.opening)
        else:
            moved = control.high if control.opening != control.high else control.low
        explorer.set(**{control.name: moved})
        assert explorer.values == explorer(**{control.name: moved}) == seen[-1]
        explorer.set(**{control.name: control.opening})
    assert explorer.values == explorer()
    assert len(seen) == 2 * len(explorer.controls)
    with pytest.raises(InputError):
        explorer.set(**{explorer.controls[0].name: -1})
    assert explorer.values == explorer()


NO_RANGE = ["8", None, True, math.nan, math.inf, -1, 1e300, 1j, [1, 2], {}, 10**5000]
NO_CHOICE = ["nope", None, 3, [], {}, "<script>alert(1)</script>", "__class__"]


@every_explorer
def test_bad_state_is_one_line(explorer):
    for control in explorer.controls:
        for wrong in NO_CHOICE if isinstance(control, Choice) else NO_RANGE:
            with pytest.raises(InputError) as caught:
                explorer(**{control.name: wrong})
            text = str(caught.value)
            assert "\n" not in text
            assert control.name in text or control.label in text
        if isinstance(control, Range):
            with pytest.raises(InputError, match=rf"{control.name} = .* is out of the control's"):
                explorer(**{control.name: control.high * 1.01})


@every_explorer
def test_unknown_control(explorer):
    with pytest.raises(InputError, match=f"unknown control of {explorer.name} 'nope'"):
        explorer(nope=1)
    wrong = explorer.controls[0].name + "s"
    with pytest.raises(InputError, match=f"did you mean '{explorer.controls[0].name}'"):
        explorer.figure(**{wrong: 1})


def test_range_message_has_value_range_and_unit():
    with pytest.raises(InputError) as caught:
        Range("context", 128, 2**20, 8192, "Context").bind(2**21, {})
    text = str(caught.value)
    assert text.startswith("context = 2097152 is out of the control's range: ")
    assert text.endswith("from 128 to 1048576 token")  # in full, not 1.04858e+06


def test_a_choice_may_follow_another_symbol():
    heads = Choice("attention", "attention", {"MHA": {"n_kv_head": "n_head"}, "GQA": {}}, "MHA")
    assert heads.bind("MHA", {"n_head": 64}) == {"n_kv_head": 64}
    assert heads.bind("GQA", {"n_head": 64}) == {}


def test_page_escapes_what_it_is_given():
    base = EXPLORERS["kv-cache"]
    nasty = replace(base, title="<script>alert(1)</script>")
    assert "<script>" not in page.markup(nasty)


# ---- the answer in words


@every_explorer
def test_every_setting_has_an_answer(explorer):
    draw, heads = random.Random(0), set()
    for _ in range(200):
        state = {}
        for control in explorer.controls:
            if isinstance(control, Choice):
                state[control.name] = draw.choice([*control.options])
            else:
                at = draw.choice([0, 1, draw.random(), draw.random()])
                low, high = control.low, control.high
                value = low * (high / low) ** at if low > 0 else low + (high - low) * at
                value = round(value) if control.is_whole else value
                state[control.name] = min(high, max(low, value))
        head, text = explorer.verdict(**state)
        assert not re.search(r"[{}]|nan|\binf\b", f"{head} {text}", re.I), (state, head, text)
        heads.add(head.partition("{")[0])
    assert len(heads) > 1 or len(explorer.answer) == 1  # no answer that none of the settings gets


# ---- the scripts


def test_what_a_page_loads_is_minified():
    assert minified("const a = `x  ${ { b: 1 }.b }  y`; // z") == "const a=`x  ${{b:1}.b}  y`"
    assert minified(".a { color: red; } /* b */", "text/css") == ".a{color:red}"
