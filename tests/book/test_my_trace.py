"""A reader's own trace on the page: the bill and the refusals of Python, and nothing sent."""

import gzip

import pytest
from every import every
from playwright.sync_api import expect
from tabs import listen, whole
from test_workload import AZURE, MOONCAKE, OWN, WRONG, several, written

from lifebook.explorer.gallery import explore
from lifecost import InputError, models
from lifecost.workload import bill, read_trace
from lifecost.workload.bill import SHARES

PAGE = "book/your-model.html"
OUTPUTS = """() => Object.fromEntries([...document.querySelectorAll("lifecost-trace output")]
  .map((output) => [output.name, Number(output.dataset.value)]))"""
LINES = 400_000


@pytest.fixture
def page(browser, server):
    """Yield the page; at the end nothing may have gone wrong on it, or gone out from it."""
    with browser.new_page() as page:
        listen(page).goto(f"{server}/{PAGE}")
        whole(page).requests.clear()
        yield page
        assert page.complaints == []
        assert [url for url in page.requests if not url.endswith("favicon.svg")] == []


def opened(page, path, said):
    page.get_by_label("Your trace").set_input_files(path)
    expect(page.locator("lifecost-trace [role=status]")).to_contain_text(said, timeout=60_000)
    return page.evaluate(OUTPUTS)


def wanted(path, **setting):
    """Return what Python says of the explorer's model in its setting."""
    trace, explorer = read_trace(path), explore(models["llama-3-8b"])
    costs = bill(trace, models["llama-3-8b"], explorer.bind(**setting)).as_dict()
    found = {f"request-{name}": value for name, value in costs["request"].items()}
    phases = {name: costs[name] for name in ("prefill", "cached", "decode")}
    phases["total"] = {what: sum(one[what] for one in phases.values()) for what in phases["decode"]}
    for name, phase in phases.items():
        found |= {f"{name}-{what}": value for what, value in phase.items()}
    for name in ("input", "cached", "output"):
        counts = getattr(trace, name)
        found[f"{name}-mean"] = counts.total / trace.requests
        found |= {f"{name}-{p}": counts.percentile(share) for p, share in SHARES.items()}
    return found


@every("name, text", [
    ("own.csv", OWN.encode()), ("azure.csv", AZURE.encode()), ("mooncake.jsonl", MOONCAKE.encode()),
    ("several.csv.gz", gzip.compress(written(several(2000)).encode())),
])  # fmt: skip
def test_a_trace_gives_the_bill_of_python(page, tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text)
    found = opened(page, path, f"{name}, ")
    assert found == pytest.approx(wanted(path), rel=1e-12)


def test_controls_move_the_bill(page, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    before = opened(page, path, "3 requests")
    page.locator("input[name=batch]").fill("8")
    expect(page.locator("lifecost-trace output[name=decode-bytes]")).not_to_have_attribute(
        "data-value", str(before["decode-bytes"])
    )
    assert page.evaluate(OUTPUTS) == pytest.approx(wanted(path, batch=8), rel=1e-12)


def test_what_is_wrong_is_said_and_changes_nothing(page, tmp_path):
    path = tmp_path / "t"
    path.write_text(OWN)
    before = opened(page, path, "3 requests")
    for text in WRONG:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(InputError) as caught:
            read_trace(path)
        page.get_by_label("Your trace").set_input_files(path)
        said = str(caught.value).replace(str(path), "t")
        expect(page.locator("#trace-problem")).to_have_text(said)
    assert page.evaluate(OUTPUTS) == before
    path.write_text(OWN)
    opened(page, path, "3 requests")
    expect(page.locator("#trace-problem")).to_be_empty()


DROP = """(box, [name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  const init = { dataTransfer: carried, bubbles: true, cancelable: true };
  box.dispatchEvent(new DragEvent("drop", init));
}"""


# What a timer of the page sees of the status, as often as it has its turn.
WATCH = """(box) => {
  window.seen = new Set();
  setInterval(() => window.seen.add(box.querySelector("[role=status]").textContent), 1);
}"""


def test_a_large_file_is_dropped_and_leaves_the_page_its_turn(page):
    text = "input,output\n" + "1000,7\n2000,9\n" * (LINES // 2)
    page.locator("lifecost-trace").evaluate(WATCH)
    page.locator("lifecost-trace").evaluate(DROP, ["large.csv", text])
    said = page.locator("lifecost-trace [role=status]")
    expect(said).to_contain_text(f"{LINES:,} requests", timeout=60_000)
    expect(said).to_contain_text("nothing is counted as cached")
    expect(said).to_contain_text("drawn ones")
    assert page.evaluate(OUTPUTS)["input-mean"] == 1500
    assert any(words.startswith("Reading large.csv: ") for words in page.evaluate("[...seen]"))
