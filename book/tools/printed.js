// What paper asks of the page before Chromium prints it: see pdf.py.
"use strict";

// The code of a long equation: on the formula's card it stands beside it; in a chapter, the last
// line of the cell names the formula.
function codeOf(box) {
  const name = box.closest(".cell")?.querySelector(".cell_input .line:last-child")?.textContent;
  const card = name
    ? document.getElementById(`reference-formulas:${name.trim().replaceAll("_", "-")}`)
    : box.parentElement;
  return card?.querySelector(":scope > .as-code")?.cloneNode(true);
}

// Paper does not scroll: what is wider than its place is set as much smaller; an equation that
// would not be legible stands as code. Returns what is still too wide.
async function fit(legible) {
  await document.fonts.ready;
  for (const box of document.querySelectorAll("div.math, pre, table")) {
    const place = box.matches("table") ? box.parentElement : box;
    // Not all of a box shrinks with its text, so one step may not be enough.
    for (let step = 0; step < 5 && place.clientWidth < box.scrollWidth; step += 1) {
      const ratio = place.clientWidth / box.scrollWidth;
      const size = parseFloat(getComputedStyle(box).fontSize) * ratio * 0.99;
      const code = size < legible && codeOf(box);
      if (code) {
        code.classList.remove("as-code");
        box.replaceWith(code);
        break;
      }
      box.style.fontSize = `${size}px`;
    }
  }
  for (const code of document.querySelectorAll(".as-code")) code.remove();
  const right = (box) => box.getBoundingClientRect().right;
  const edge = (box) => right(box.closest(".wide") ?? document.body) + 1;
  return [...document.querySelectorAll("body *:not(.wide, svg *, math *)")]
    .filter((box) => right(box) > edge(box))
    .map((box) => `${box.closest("[id]").id}: ${box.textContent.trim().slice(0, 60)}`);
}

// Which page a link leads to is known when the book is set; saying it may set it anew.
function sayPages(pages) {
  for (const link of document.querySelectorAll("a.paged")) {
    link.dataset.page = pages[link.hash.slice(1)] ?? "000";
  }
  // Laid out anew, whatever came first, text or font: equal books are equal files.
  document.body.hidden = true;
  document.body.getBoundingClientRect();
  document.body.hidden = false;
}
