"""The built pages in a browser: no request elsewhere, no error, legible to everyone."""

import contextlib
import re
from itertools import pairwise
from pathlib import Path

import axe_playwright_python
import pytest
from tabs import listen

from lifebook.explorer.gallery import EXPLORERS
from lifebook.published import published
from lifecost import kv_bytes_per_token, models, post, quantity

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
CHAPTERS = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
EMBEDS = [f"embed/{name}" for name in EXPLORERS]


def scripts(page):
    """Return the scripts that a built page loads; those of its explorers are one kind."""
    path = SITE / f"{page}.html"
    found = re.findall(r'<script[^>]* src="(?:\.\./)*([^"]+)"', path.read_text("utf-8"))
    return frozenset(re.sub(r"explorers/.*", "explorers", name) for name in found)


PAGES = ["search", *CHAPTERS, *EMBEDS]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.fixture
def visit(browser, server):
    """Return ``visit(page, ...)``, which opens a page and notes its requests and complaints."""
    with contextlib.ExitStack() as stack:

        def visit(page, *, disk=False, **options):
            tab = listen(stack.enter_context(browser.new_page(**options)), to_all=True)
            tab.base = SITE.as_uri() if disk else server
            tab.goto(f"{tab.base}/{page}.html")
            return tab

        yield visit


# What is far below is laid out when it comes near, taller than was guessed: so down in steps, until
# the page ends where it then ends. One frame lays out what is near; in the next the page's own
# observers hear of it and put what scrolls within reach of the keyboard; the third shows that.
READ = """
async () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const go = (top) => scrollTo({ top, behavior: "instant" });
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    go(y);
    for (let frames = 0; frames < 3; frames += 1) await frame();
  }
  go(0);
}
"""


def read_through(tab, width=1280):
    """Bring every part of the page near once, as a reader would, folded parts too."""
    # In a tall window that takes few steps.
    tab.set_viewport_size({"width": width, "height": 8000})
    tab.evaluate(READ)


# Contrast is asked of three texts of each look (its own color and size, and all that is behind it),
# once for all pages: they have thousands of texts, most of them alike, and axe takes longest there.
CHECK = """
([options, known]) => {
  const looks = new Map([[null, ""]]), texts = new Map();
  const look = (node) => {
    if (!looks.has(node)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(node);
      looks.set(node, [look(node.parentElement), backgroundColor, backgroundImage, opacity].join());
    }
    return looks.get(node);
  };
  for (const node of document.querySelectorAll("body *")) {
    delete node.dataset.asked;
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    const key = [node.matches("a"), color, fontSize, fontWeight, look(node)].join();
    if (node.checkVisibility()) texts.set(key, [...(texts.get(key) ?? []), node]);
  }
  for (const key of known) texts.delete(key);
  for (const all of texts.values()) {
    for (const node of [all[0], all[all.length >> 1], all.at(-1)]) node.dataset.asked = "";
  }
  if (!texts.size && options.runOnly) return [[], []];
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-asked]" }] });
  const found = axe.run({ resultTypes: ["violations"], ...options });
  return found.then(({ violations }) => [violations, [...texts.keys()]]);
}
"""


def violations(tab, colors):
    """Return what axe finds wrong: in light all, in dark what depends on colors."""
    tab.emulate_media(color_scheme=colors)
    tab.wait_for_selector(f"html[data-theme={colors}]")
    options = {"runOnly": ["color-contrast", "link-in-text-block"]} if colors == "dark" else {}
    found, looks = tab.evaluate(CHECK, [options, [*tab.looks]])
    tab.looks |= {*looks}
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]][:3]) for rule in found]


@pytest.fixture(scope="module")
def tab_for_all(browser):
    with browser.new_page() as tab:
        tab.looks = set()
        yield listen(tab, to_all=True)


@pytest.fixture(scope="class", params=PAGES)
def opened(tab_for_all, server, request):
    """Yield each page in turn, read through."""
    tab = tab_for_all
    tab.emulate_media(color_scheme="light")
    tab.requests, tab.complaints = [], []
    tab.goto(f"{server}/{request.param}.html")
    read_through(tab)
    tab.evaluate(AXE)
    return tab


# Classes, so that the workers can share them out.
class TestFromDisk:
    """The folder of pages on a USB stick, opened with no network."""

    @pytest.fixture
    def tab(self, visit):
        tab = visit("index", disk=True, offline=True, viewport={"width": 1400, "height": 900})
        tab.wait_for_url(f"**/{CHAPTERS[0]}.html")
        yield tab
        assert not [url for url in tab.requests if not url.startswith((tab.base, "data:"))]
        assert not tab.complaints

    def test_links_lead_from_page_to_page(self, tab):
        for page, then in pairwise(CHAPTERS):
            html = (SITE / f"{page}.html").read_text("utf-8")
            (link,) = re.findall(r'<a rel="next" href="([^"]+)"', html)
            assert (SITE / page).parent.joinpath(link).resolve() == SITE / f"{then}.html"
        for page in CHAPTERS[1:6]:
            tab.locator(".site-turn a[rel=next]").press("Enter")
            tab.wait_for_url(f"**/{page}.html")
            assert tab.locator("h1").inner_text()
        tab.locator(".site-logo").click()
        tab.wait_for_url(f"**/{CHAPTERS[0]}.html")

    def test_a_reference_leads_to_its_place(self, tab):
        link = tab.locator("article .bibtex-citation a").first
        place = link.get_attribute("href").partition("#")[2]
        link.click()
        tab.wait_for_url("**/bibliography.html#*")
        assert tab.locator(f"[id='{place}']").bounding_box()["y"] < 900

    def test_search_leads_to_a_page(self, tab):
        tab.fill("#site-nav input[type=search]", "roofline")
        tab.keyboard.press("Enter")
        tab.locator("#search-results li a").first.click()
        tab.wait_for_url("**/book/**")
        assert "roofline" in tab.locator("article").text_content().lower()

    def test_pictures_show(self, tab):
        for page in CHAPTERS[1:4]:  # the introduction has its picture in an explorer
            tab.goto(f"{tab.base}/{page}.html")
            for image in tab.locator("img").all():
                assert image.evaluate("async (image) => (await image.decode(), image.naturalWidth)")
            assert tab.locator("figure.lifecost-figure svg").first.bounding_box()["height"] > 80

    def test_a_control_moves_its_explorer(self, tab):
        tab.goto(f"{tab.base}/book/inference.html")
        size = tab.locator("output[name=kv_cache_size]").first
        before = float(size.get_attribute("data-value"))
        batch = tab.locator("lifecost-explorer input[name=batch]").first
        batch.fill("64")
        batch.press("Enter")
        assert float(size.get_attribute("data-value")) == before / 2


class TestEveryPage:
    """Each page is opened once, read through, and then asked everything."""

    def test_nothing_from_elsewhere_and_no_complaint(self, opened, server):
        assert not [url for url in opened.requests if not url.startswith((server, "data:"))]
        assert not opened.complaints

    @pytest.mark.parametrize("colors", ["light", "dark"])
    def test_no_barrier(self, opened, colors):
        assert not violations(opened, colors)

    def test_a_phone_does_not_scroll_sideways(self, opened):
        read_through(opened, width=360)
        assert opened.evaluate("document.documentElement.scrollWidth") <= 360


class TestRequests:
    def test_nothing_from_elsewhere_and_no_complaint_from_disk(self, visit):
        # What a page loads is what may fail there: one page of each kind.
        kinds = {scripts(page): page for page in PAGES}
        assert len(kinds) > 5
        for page in kinds.values():
            tab = visit(page, disk=True)
            read_through(tab)
            assert not [url for url in tab.requests if not url.startswith((tab.base, "data:"))]
            assert not tab.complaints

    def test_the_root_leads_to_the_book(self, visit):
        tab = visit("index")
        tab.wait_for_url(f"**/{CHAPTERS[0]}.html")

    @pytest.mark.parametrize("disk", [False, True], ids=["http", "file"])
    def test_search_finds(self, visit, disk):
        tab = visit(CHAPTERS[0], disk=disk, viewport={"width": 1400, "height": 900})
        tab.fill("#site-nav input[type=search]", "prefill")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("#search-results li a")
        assert not tab.complaints


class TestViews:
    def test_the_chapters_open_on_a_phone(self, visit):
        tab = visit(CHAPTERS[1], viewport={"width": 360, "height": 740}, java_script_enabled=False)
        link = tab.locator("#site-nav a", has_text="The ledger")
        assert not link.is_visible()
        tab.click("[popovertarget=site-nav]")
        assert link.is_visible()
        tab.keyboard.press("Escape")
        assert not link.is_visible()

    def test_a_section_is_not_covered_by_the_contents(self, visit):
        tab = visit(CHAPTERS[1], viewport={"width": 360, "height": 740})
        tab.click("[popovertarget=site-nav]")
        link = tab.locator("#site-nav ul ul a").last
        link.click()
        assert not link.is_visible()
        place = link.get_attribute("href").removeprefix("#")
        assert 0 <= tab.locator(f"[id='{place}']").bounding_box()["y"] < 740

    @pytest.mark.parametrize("width", [1024, 1280, 1920])
    def test_a_line_holds_as_many_letters_as_an_eye_follows(self, visit, width):
        tab = visit(CHAPTERS[1], viewport={"width": width, "height": 900})
        letters = tab.evaluate("""() => {
          const all = document.querySelectorAll("article section section > p:not(:has(math))");
          const long = [...all].filter((p) => p.textContent.length > 300);
          return long.map((p) => {
            const lines = p.clientHeight / parseFloat(getComputedStyle(p).lineHeight);
            return p.textContent.length / (lines - 0.5); // the last is, on average, half full
          });
        }""")
        assert len(letters) > 3
        assert 60 < sum(letters) / len(letters) < 80

    @pytest.mark.parametrize("page", ["book/training", "book/inference"])
    def test_figures_show_without_a_script_and_in_print(self, visit, page):
        plain = visit(page, java_script_enabled=False)
        printed = visit(page, color_scheme="dark")
        printed.emulate_media(media="print")
        printed.evaluate("dispatchEvent(new Event('beforeprint'))")
        for tab in (plain, printed):
            figures = tab.locator("figure.lifecost-figure svg")
            assert figures.count() > 0
            for figure in figures.all():
                assert figure.bounding_box()["height"] > 80
        assert printed.evaluate("document.documentElement.dataset.theme") == "light"
        assert not printed.locator(".site-header").is_visible()
        assert printed.locator("details.dropdown > p").first.is_visible()

    def test_the_choice_of_colors_is_kept(self, visit):
        tab = visit(CHAPTERS[0])
        theme = "document.documentElement.dataset.theme"
        assert tab.evaluate(theme) == "light"
        tab.click("#site-theme")
        assert tab.evaluate(theme) == "dark"
        tab.reload()
        assert tab.evaluate(theme) == "dark"
        assert tab.get_attribute("#site-theme", "aria-pressed") == "true"

    def test_a_head_sorts_its_table(self, visit):
        tab = visit("book/reference/models")
        rows = tab.locator("table.sortable tbody tr")

        def column(number):
            return [row.locator("td").nth(number).inner_text() for row in rows.all()]

        head = tab.locator("table.sortable th", has_text="Parameters")
        counts = sorted(int(text.replace(",", "")) for text in column(8))
        for way, expected in (("ascending", counts), ("descending", counts[::-1])):
            head.locator("button").press("Enter")
            assert head.get_attribute("aria-sort") == way
            assert [int(text.replace(",", "")) for text in column(8)] == expected
        assert column(0)[0] == max(models.values(), key=lambda model: model.n_params).name
        # By value, whatever the prefix; what has no entry comes last, either way.
        tab.locator("table.sortable th", has_text="KV a token").locator("button").click()
        sizes = sorted(float(kv_bytes_per_token(model, post)) for model in models.values())
        ends = [quantity(size, "byte") for size in (sizes[0], sizes[-1])]
        assert [column(10)[0], column(10)[-1]] == ends
        for _ in range(2):
            tab.locator("table.sortable th", has_text="Experts").locator("button").click()
            assert column(7)[0]
            assert not column(7)[-1]

    def test_a_table_narrows_to_what_is_asked(self, visit):
        tab = visit("book/reference/published-numbers")
        shown = tab.locator("table.filtered tbody tr:visible")
        assert shown.count() == len(published())
        agreed = sum(number.verdict == "agrees" for number in published())
        tab.locator(".filter select[name=Verdict]").select_option("agrees")
        assert shown.count() == agreed
        assert tab.inner_text(".filter output") == f"{agreed} of {len(published())} rows"
        tab.locator(".filter input").fill("gpt-oss PARAMETERS")
        assert 1 < shown.count() < 9

    def test_dates_sort_by_day(self, visit):
        tab = visit("book/reference/hardware")
        table = tab.locator("table.sortable", has=tab.locator("th", has_text="Terms"))
        table.locator("th", has_text="Date").locator("button").click()
        dates = table.locator("tbody tr td:nth-child(3)").all_inner_texts()
        assert dates == sorted(dates)
        assert len({date[:4] for date in dates}) < len(set(dates))

    def test_equations_are_drawn_in_the_books_font(self, visit):
        tab = visit("book/training")
        tab.wait_for_function("document.fonts.check('16px \"STIX Two Math\"')")
        assert tab.locator("math").first.bounding_box()["width"] > 4
