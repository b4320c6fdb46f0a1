"""A reader's own model in the browser's store and in links: offered where it holds, else left."""

import functools
import json

import pytest
from configurations import CONFIGS
from every import every

from lifebook.explorer import Choice
from lifebook.explorer.gallery import EXPLORERS, kv_cache
from lifecost import InputError, load_model
from lifecost.stack import Stack
from tools.explorer import alone

page_of = functools.cache(alone)

SITE = "http://lifecost.test/"
SHOWN = """() => Object.fromEntries([...document.querySelectorAll("lifecost-explorer output")]
  .map((output) => [output.name, Number(output.dataset.value)]))"""
CHOOSE = "(select) => { select.value = 'own'; select.dispatchEvent(new Event('input')); }"
STACK = {"d_model": 64, "n_layer": 1, "parts": [[1, 1, "constructor", {}]]}
OF_MODELS = [
    name for name, explorer in EXPLORERS.items()
    if any(isinstance(c, Choice) and c.catalog == "models" for c in explorer.controls)
]  # fmt: skip
ENTRY = {"title": "x", "bindings": {"n_params": 8e9}}


@pytest.fixture
def open_page(browser):
    """Yield a function that opens an explorer, with an entry in the store or in the address."""
    with browser.new_context() as context:
        errors = []

        def opened(kept=None, link="", explorer="kv-cache"):
            page = context.new_page()
            page.route(f"{SITE}*", lambda route: route.fulfill(
                body=page_of(explorer), content_type="text/html"))  # fmt: skip
            page.on("pageerror", lambda error: errors.append(error))
            if kept is not None:
                page.add_init_script(f"localStorage.setItem('lifecost-model', {json.dumps(kept)})")
            page.goto(SITE + link)
            return page

        yield opened
        assert errors == []


def text_of(model):
    return json.dumps({"title": "mine <b>", "bindings": dict(model.bindings)}, default=Stack.data)


@every("name", ["llama-2-7b", "qwen3-8b", "deepseek-v3", "gpt-oss-20b", "gemma-3-27b"])
def test_every_explorer_offers_the_model_that_was_read(open_page, name):
    model = load_model(CONFIGS[name])
    page = open_page(text_of(model))
    page.locator("select[name=model]").evaluate(CHOOSE)
    expected = kv_cache(model=model)
    assert page.evaluate(SHOWN) == pytest.approx(expected, rel=1e-12)
    assert page.locator("[role=combobox]").first.input_value() == "mine <b>"
    link = page.evaluate("document.querySelector('lifecost-explorer').hash()")
    page.evaluate("localStorage.clear()")
    assert open_page(link=f"#{link}").evaluate(SHOWN) == pytest.approx(expected, rel=1e-12)


LINK = """(text) => {
  const explorer = document.querySelector("lifecost-explorer");
  explorer.own.model = null;
  explorer.reset();
  explorer.open(`model=own&own=${encodeURIComponent(text)}`);
  return explorer.querySelector(".x-row .x-error").textContent;
}"""


@every("name", OF_MODELS)
def test_a_model_is_taken_where_python_takes_it_and_refused_in_words_elsewhere(open_page, name):
    explorer, page = EXPLORERS[name], open_page(explorer=name)
    opening = page.evaluate(SHOWN)
    for config in ("llama-2-7b", "mixtral-8x7b", "deepseek-v3", "gpt-oss-20b"):
        model = load_model(CONFIGS[config])
        said = page.evaluate(LINK, text_of(model))
        try:
            expected = explorer(model=model)
        except InputError:
            assert "not for this explorer" in said, config
            assert page.evaluate(SHOWN) == opening
        else:
            assert said == ""
            assert page.evaluate(SHOWN) == pytest.approx(expected, rel=1e-12), config


WRONG = [
    "{", "null", "[]", json.dumps(ENTRY), '{"title": 1, "bindings": null}',
    '{"bindings": {"n_params": "8"}}', '{"bindings": {"n_params": 1e999}}',
    '{"bindings": {"__proto__": {"a": 1}, "n_params": 8e9}}',
    json.dumps({"title": "x", "bindings": {"n_params": 8e9, "stack": STACK}}),
    json.dumps({"title": "x", "bindings": {"n_params": 8e9, "stack": {"parts": 1}}}),
]  # fmt: skip


@every("kept", WRONG)
def test_what_is_no_model_is_not_offered(open_page, kept):
    opening = pytest.approx(kv_cache(), rel=1e-12)
    page = open_page(kept)
    assert page.locator("select[name=model] option[value=own]").count() == 0
    assert page.evaluate(SHOWN) == opening
    page = open_page(link=f"#kv-cache?model=own&own={kept}")
    assert page.evaluate(SHOWN) == opening
