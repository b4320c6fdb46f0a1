"""The guess before the answer in a browser, on a page of its own."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tabs import listen

from lifebook.predict import Prediction
from tools.explorer import alone

SITE = "http://lifecost.test/"
THEME = Path(__file__).parents[2] / "book" / "theme"
SCRIPT = (THEME / "static/predict.js").read_text("utf-8")
STYLES = ("colors", "page", "text", "explorer", "predict", "print")
REPLIES = {"close": "So it is.", "low": "More than that.", "high": "Less than that."}
DAYS = Prediction("days", "How many days?", "It is 20 days.", 20, REPLIES, "days", (0.01, 1e5), "x")
SHARE = Prediction("share", "How many %?", "It is 40 %.", 40, REPLIES, "%", (0, 100))
CHOICE = Prediction("choice", "Which?", "b.", 1, {"a": "Not a.", "b": "b it is."})
TELLS = (
    '<lifecost-explorer data-name="x"><div class="x"><div class="x-stage"><div class="x-main">'
    '<output>20 days</output></div></div><input aria-label="control"></div></lifecost-explorer>'
)


@pytest.fixture
def visit(browser):
    """Yield ``visit(html)``, which opens a page of that as a site serves it."""
    with browser.new_page(viewport={"width": 390, "height": 844}) as page:

        def visit(html):
            page.html = html
            page.route(f"{SITE}*", lambda to: to.fulfill(body=html, content_type="text/html"))
            listen(page).goto(SITE)
            return page

        yield visit
        assert page.complaints == []


@pytest.fixture
def page(visit):
    style = "\n".join((THEME / f"styles/{part}.css").read_text("utf-8") for part in STYLES)
    body = "\n".join([*(one.markup() for one in (DAYS, SHARE, CHOICE)), TELLS])
    return visit(
        '<!doctype html><meta charset="utf-8">'
        f"<style>{style}</style><main>{body}</main><script>{SCRIPT}</script>"
    )


def at(page, name):
    return page.locator(f"lifecost-predict[data-name={name}]")


def commit(box, guess):
    box.get_by_label("Your guess", exact=True).fill(guess)
    box.get_by_label("Your guess", exact=True).press("Enter")


SAID = [
    ("days", "4", "5 times too low. You said 4 days. It is 20 days. More than that."),
    ("days", "1k", "50 times too high. You said 1,000 days. It is 20 days. Less than that."),
    ("days", "2,000 days", "100 times too high. You said 2,000 days."),
    ("days", "2.4e1", "Close. You said 24 days. It is 20 days. So it is."),
    ("days", ".05", "400 times too low. You said 0.05 days."),
    ("share", "80 %", "Too high. You said 80 %. It is 40 %. Less than that."),
    ("share", "0", "Too low. You said 0 %."),
    ("share", "43", "Close."),
]


def test_a_number_is_compared_and_kept(page):
    for name, guess, said in SAID:
        box = at(page, name)
        commit(box, guess)
        expect(box.locator(".reply")).to_contain_text(said)
        expect(box.locator(".reply")).to_be_focused()
        expect(box.locator("form")).to_have_count(0)
        for mark in (".you", ".answer"):  # each on the line that the page has room for
            inside = box.locator(f".scale {mark}").bounding_box()
            assert 0 <= inside["x"] <= 390 - inside["width"]
        page.reload()
        expect(box.locator(".reply")).to_contain_text(said)
        box.get_by_role("button", name="Guess again").click()
        expect(box.get_by_label("Your guess")).to_be_focused()
        page.reload()
        expect(box.locator("form")).to_have_count(1)


def test_a_wrong_number_is_explained_and_commits_nothing(page):
    box = at(page, "days")
    far = "Write a number from 0.01 to 100,000."
    wrong = dict.fromkeys(
        ["", "nope", "-3", "0x10", "1 2", "Infinity"], "Write a number, such as 31.6 days."
    )
    for guess, said in {**wrong, "1e9": far, "0": far}.items():
        commit(box, guess)
        expect(box.get_by_role("alert")).to_have_text(said)
        expect(box.get_by_label("Your guess")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("localStorage.length") == 0
    commit(box, "20")
    expect(box.locator(".reply")).to_contain_text("Close.")


def test_a_choice_is_marked_and_kept(page):
    box = at(page, "choice")
    box.get_by_role("button", name="Commit").click()
    expect(box.get_by_role("alert")).to_have_text("Choose one.")
    box.get_by_label("a", exact=True).check()
    box.get_by_role("button", name="Commit").click()
    for _ in range(2):
        expect(box.locator(".reply")).to_contain_text("Not so. Not a.")
        expect(box.locator("li.yours")).to_have_text("a")
        expect(box.locator("li.right")).to_have_text("b")
        page.reload()
    box.get_by_role("button", name="Guess again").click()
    box.get_by_label("b", exact=True).check()
    box.get_by_role("button", name="Commit").click()
    expect(box.locator(".reply")).to_contain_text("Right. b it is.")


def test_what_would_tell_is_covered_until_then(page):
    output, control = page.locator("output"), page.get_by_label("control")
    expect(output).to_be_hidden()
    expect(control).to_be_visible()
    at(page, "days").get_by_role("button", name="Show it without a guess").click()
    expect(output).to_be_visible()
    expect(at(page, "days").locator(".reply")).to_contain_text("It is 20 days. So it is.")
    page.reload()
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(output).to_be_hidden()
    page.evaluate("location.hash = '#x?batch=3'")  # who follows a link is shown what it leads to
    expect(output).to_be_visible()


def test_a_guess_is_marked_in_the_picture_that_tells(visit):
    one = Prediction("x", "How many?", "It is 407.", 407, REPLIES, "", (1, 1e7), "balance",
                     {"context": 1})  # fmt: skip
    page = visit(f"{alone('balance')}{one.markup()}<script>{SCRIPT}</script>")
    mark = page.locator("lifecost-explorer").get_by_text("your guess")
    for guess, said in {"8k": "8,000", "5M": "5,000,000"}.items():  # the axis grows to the second
        expect(mark).to_be_hidden()
        commit(at(page, "x"), guess)
        for _ in range(2):
            expect(mark).to_have_text(f"your guess: {said}")
            expect(mark).to_be_visible()
            page.reload()
        at(page, "x").get_by_role("button", name="Guess again").click()


NONSENSE = [
    "[", "null", "7", '"x"', '{"days":"<b>"}', '{"days":-1}', '{"choice":9}', '{"choice":0.5}',
    '{"days":{"a":1},"choice":[0]}', '{"__proto__":{"days":3}}',
]  # fmt: skip


def test_a_store_that_makes_no_sense_is_as_an_empty_one(page):
    for kept in NONSENSE:
        page.evaluate(f"localStorage.setItem('lifecost-guesses', {json.dumps(kept)})")
        page.reload()
        expect(page.locator("lifecost-predict form")).to_have_count(3)
        commit(at(page, "days"), "20")
        page.reload()
        expect(at(page, "days").locator(".reply")).to_contain_text("Close.")


def test_without_a_script_it_folds_and_on_paper_it_tells(page, browser):
    commit(at(page, "share"), "80")
    page.emulate_media(media="print")
    for box in page.locator("lifecost-predict").all():
        expect(box.locator("form, .reply").first).to_be_hidden()
        expect(box.locator("details")).to_be_visible()
    expect(page.locator("output")).to_be_visible()  # what was covered
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.set_content(page.html)
    for one in (DAYS, SHARE, CHOICE):
        box = at(plain, one.name)
        expect(box.locator("details")).not_to_have_attribute("open", "")
        box.locator("summary").click()
        expect(box.locator("details p")).to_contain_text(one.answer)
    plain.context.close()
