// Tables that can be searched and narrowed to a choice of some columns. They read well without it.
(() => {
  "use strict";
  const CHOICES = ["Verdict", "Read", "Quantity", "Source"];

  function field(form, name, control) {
    const label = document.createElement("label");
    control.setAttribute("name", name);
    label.append(name, " ", control);
    form.append(label);
    return control;
  }

  function choice(rows, column) {
    const select = document.createElement("select");
    const found = new Set(rows.map((row) => row.cells[column].textContent.trim()));
    select.append(new Option("all", ""), ...[...found].sort((a, b) => a.localeCompare(b)).map((text) => new Option(text)));
    return select;
  }

  function filtered(table) {
    const rows = [...table.tBodies[0].rows];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
    const form = document.createElement("form");
    form.className = "filter";
    const search = field(form, "Search", document.createElement("input"));
    search.type = "search";
    const chosen = CHOICES.filter((name) => heads.includes(name)).map((name) => {
      const column = heads.indexOf(name);
      return [column, field(form, name, choice(rows, column))];
    });
    const count = document.createElement("output");
    form.append(count);

    function apply() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        row.hidden = !(words.every((word) => texts.get(row).includes(word))
          && chosen.every(([column, select]) => !select.value || row.cells[column].textContent.trim() === select.value));
      }
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    }
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    (table.closest(".scroll, .lifecost-scroll") ?? table).before(form);
    apply();
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll("table.filtered")) filtered(table);
  });
})();
