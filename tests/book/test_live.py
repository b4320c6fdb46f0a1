"""The explorer in a notebook: the kernel and the view say each other the setting."""

import sys
from base64 import b64encode

import pytest
from tabs import listen

from lifebook.explorer import live
from lifebook.explorer.gallery import EXPLORERS, kv_cache, my_model
from lifebook.figures.style import PAGE_HTML
from lifecost import InputError, hardware

# A page with the widget's module, and a model such as a notebook's manager keeps it.
HOST = """
async ([code, style, markup, setting]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const { default: view } = await import(code);
  const all = { _markup: markup, setting }, called = [];
  window.sent = [];
  window.model = {
    get: (name) => all[name],
    set: (name, value) => { all[name] = value; },
    save_changes: () => sent.push(all.setting),
    on: (_, call) => called.push(call),
    off: () => {},
    kernel: (setting) => { all.setting = setting; called.forEach((call) => call()); },
  };
  const el = document.body.appendChild(document.createElement("div"));
  view.render({ model, el });
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}
"""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll("lifecost-explorer output")]
  .map((output) => [output.name, Number(output.dataset.value)]))"""


@pytest.fixture(autouse=True)
def as_opened():
    """Leave every explorer as it opens."""
    yield
    for explorer in EXPLORERS.values():
        vars(explorer).pop("_live", None)


@pytest.fixture
def explorer():
    return kv_cache


@pytest.fixture
def page(browser):
    with browser.new_page() as page:
        listen(page).goto("about:blank")
        yield page
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith(("data:", "about:"))] == []


def show(page, explorer):
    code = "data:text/javascript;base64," + b64encode(live.module(explorer).encode()).decode()
    widget = explorer._live.widget
    page.evaluate(HOST, [code, live.style(), widget._markup, widget.setting])
    return widget


def test_the_kernel_sets_and_sees_the_setting(explorer):
    seen = []
    explorer.observe(seen.append)
    explorer.set(batch=64, model="deepseek-v3")
    assert explorer.values == explorer(batch=64, model="deepseek-v3")
    explorer._live.widget.setting = {**explorer.opening, "context": 4096}
    assert seen == [explorer(batch=64, model="deepseek-v3"), explorer(context=4096)]
    with pytest.raises(InputError, match="from 1 to 4096"):
        explorer.set(batch=5000)
    with pytest.raises(InputError, match="hatch"):
        explorer.set(hatch=64)
    assert explorer.values == explorer(context=4096)


def test_what_either_side_says_arrives_at_the_other(explorer, page):
    explorer.set(batch=16)
    widget = show(page, explorer)
    assert page.evaluate(SHOWN) == pytest.approx(explorer.values, rel=1e-12)
    page.locator("input[name=batch]").fill("100")
    page.locator("select[name=model]").evaluate(
        "(n) => { n.value = 'qwen3-8b'; n.dispatchEvent(new Event('input')); }"
    )
    widget.setting = page.evaluate("sent.at(-1)")
    assert explorer.values == explorer(batch=100, model="qwen3-8b")
    assert page.evaluate(SHOWN) == pytest.approx(explorer.values, rel=1e-12)
    explorer.set(context=1000, model="llama-3-70b")
    count = page.evaluate("sent.length")
    page.evaluate("(setting) => model.kernel(setting)", widget.setting)
    assert page.evaluate(SHOWN) == pytest.approx(explorer.values, rel=1e-12)
    assert page.evaluate("sent.length") == count  # no echo


def test_a_readers_own_chip_goes_both_ways(page):
    widget = show(page, my_model)
    own = {**hardware["h100-sxm"].at("fp8"), "weight_bytes": 1, "memory_bandwidth": 2e12}
    own["hoi"] = own["peak_flops"] / own["memory_bandwidth"]
    my_model.set(device=own)
    page.evaluate("(setting) => model.kernel(setting)", widget.setting)
    assert page.evaluate(SHOWN) == pytest.approx(my_model.values, rel=1e-12)
    page.locator("input[name=memory_bandwidth]").fill("4 TB/s")
    widget.setting = page.evaluate("sent.at(-1)")
    assert page.evaluate(SHOWN) == pytest.approx(my_model.values, rel=1e-12)


def test_without_anywidget_an_explorer_is_plain_html(explorer, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    assert {*explorer._repr_mimebundle_()} == {"text/plain", PAGE_HTML, "image/png"}
    explorer.set(batch=2)
    assert explorer.values == explorer(batch=2)


def test_explorers_of_one_notebook_gather_their_formulas(page):
    # Those of plain decoders share some with those of any model, before and after.
    for name in ("kv-cache", "gqa", "shape"):
        explorer = EXPLORERS[name]
        show(page, explorer)
        page.evaluate("(setting) => model.kernel(setting)", dict(explorer.opening))
    any_model = {**kv_cache.opening, "model": "deepseek-v3"}
    page.evaluate("(values) => document.getElementById('kv-cache').set(values)", any_model)
    expected = kv_cache(**any_model) | EXPLORERS["gqa"]() | EXPLORERS["shape"]()
    assert page.evaluate(SHOWN) == pytest.approx(expected, rel=1e-12)
