// Tables that sort by a column: a button in each head. They read well without it.
(() => {
  "use strict";
  const SCALE = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };

  const plain = (_, times, raised) => `${times ? "" : 1}e${raised.replace(/./g, (d) => "0123456789-"["⁰¹²³⁴⁵⁶⁷⁸⁹⁻".indexOf(d)])}`;

  // Numbers by value, powers and prefixes included; empty cells last; text, and dates, by their letters.
  function key(row, column) {
    const text = row.cells[column].textContent.trim();
    const found = /^-?[\d,]*\.?\d+(e-?\d+)?/.exec(text);
    if (!found || /^\d{4}-\d\d/.test(text)) return text;
    return Number(found[0].replaceAll(",", "")) * (SCALE[/^ ([kMGTP])/.exec(text.slice(found[0].length))?.[1]] ?? 1);
  }

  function order(a, b) {
    if (a === "" || b === "") return (a === "") - (b === "");
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  }

  function sort(head) {
    const table = head.closest("table");
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = [...table.tBodies[0].rows].map((row) => [key(row, head.cellIndex), row]);
    keyed.sort(([a], [b]) => (a === "" || b === "" || !down ? order(a, b) : order(b, a)));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const head of document.querySelectorAll("table.sortable thead th")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head));
      head.append(button);
    }
  });
})();
