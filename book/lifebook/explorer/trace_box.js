// The box for a reader's own trace of requests: it is read here, billed with the model and the chip of
// the explorer above, and goes nowhere.
const PHASES = [["prefill", "Prompts, what no cache held"], ["cached", "Prompts, what a cache held"],
  ["decode", "Answers, at the context that grows"], ["total", "In all"]];
const COSTS = [["flops", "FLOP", "FLOP"], ["bytes", "bytes", "B"], ["flop_equivalents", "FLOP-equivalents", "FLOP"],
  ["chip_seconds", "time of chips, at least", "seconds"]];
const LENGTHS = [["input", "Input"], ["cached", "of it cached"], ["output", "Output"]];

class TraceBox extends HTMLElement {
  connectedCallback() {
    if (this.problem) return;
    this.explorer = document.querySelector(`[data-name="${this.dataset.explorer}"]`);
    this.problem = node("p", { class: "lifecost-problem", id: "trace-problem", role: "alert" });
    this.summary = node("p", { role: "status" });
    this.tables = node("div", { role: "group", "aria-label": "Its bill" });
    const file = node("input", { type: "file", id: "trace-file", "aria-describedby": "trace-problem",
      accept: ".csv,.jsonl,.json,.gz,.txt" });
    this.replaceChildren(node("div", {}, node("label", { for: "trace-file" }, "Your trace: open it, or drop it here"), file),
      this.problem, this.summary, this.tables);
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (chosen) await this.open(chosen);
      file.value = "";
    });
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.open(event.dataTransfer.files[0]);
    });
    this.explorer.addEventListener("update", () => {
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.show(), 50);
    });
  }

  // What is wrong is said, and changes nothing else; of two files the later one counts.
  async open(file) {
    const turn = this.turn = (this.turn ?? 0) + 1, { size } = file;
    const before = this.summary.textContent;
    let read = 0;
    this.problem.textContent = "";
    await part("traces");
    const { TraceError, readTrace } = LIFECOST.traces;
    try {
      if (turn !== this.turn) return;
      const trace = await readTrace(file, (bytes) => {
        const share = Math.floor(100 * bytes / size);
        if (turn === this.turn && share > read) this.summary.textContent = `Reading ${file.name}: ${read = share} %`;
      });
      if (turn !== this.turn) return;
      this.trace = trace;
      this.called = file.name;
      this.show();
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      if (turn !== this.turn) return;
      this.problem.textContent = error.message;
      this.summary.textContent = before;
    }
  }

  show() {
    const { trace } = this;
    if (!trace) return;
    const { FORMS, TRACE, billOf } = LIFECOST.traces;
    const bill = billOf(trace, this.explorer.bound()), request = bill.request;
    const sum = (what) => ["prefill", "cached", "decode"].reduce((all, name) => all + bill[name][what], 0);
    bill.total = { flops: sum("flops"), bytes: sum("bytes"), flop_equivalents: bill.flop_equivalents, chip_seconds: bill.chip_seconds };
    const cell = (name, value, kind) => node("td", {}, node("output", { name, "data-value": String(value) }, shown(value, kind)));
    const head = (words) => node("tr", {}, node("td"), ...words.map((text) => node("th", { scope: "col" }, text)));
    const row = (words, ...cells) => node("tr", {}, node("th", { scope: "row" }, words), ...cells);
    const shares = ["mean", ...Object.keys(TRACE.shares)];
    const of = (name, share) => share === "mean" ? trace[name].total / trace.requests : trace.percentile(name, TRACE.shares[share]);
    this.tables.replaceChildren(
      node("table", {}, node("thead", {}, head(COSTS.map(([, words]) => words))), node("tbody", {}, ...PHASES.map(([name, words]) => (
        row(words, ...COSTS.map(([what, , kind]) => cell(`${name}-${what}`, bill[name][what], kind))))))),
      node("table", {}, node("thead", {}, head(["mean", "half of them, at most", "nine in ten", "99 in 100"])), node("tbody", {},
        ...LENGTHS.map(([name, words]) => row(`${words}, in tokens`, ...shares.map((share) => cell(`${name}-${share}`, of(name, share), "number")))),
        row("FLOP-equivalents of a request", ...shares.map((share) => cell(`request-${share}`, request[share], "FLOP"))))));
    this.tables.tabIndex = 0; // keys scroll what does not fit
    const parts = bill.drawn < trace.requests ? ` Percentiles of a request's cost are those of ${bill.drawn.toLocaleString("en-US")} drawn ones: their ranks are off by ${shown(bill.rank_error, "percent")} at most, by one standard error.` : "";
    const hits = trace.saysCached ? `A cache held ${shown(100 * trace.hitShare, "number")} % of their input.`
      : "The trace does not say what was cached: nothing is counted as cached.";
    const span = trace.seconds === null ? "" : ` They came in ${shown(trace.seconds, "seconds")}.`;
    this.summary.textContent = `${this.called}, ${FORMS[trace.form].title}: ${trace.requests.toLocaleString("en-US")} requests. ${hits}${span}${parts}`;
  }
}

customElements.define("lifecost-trace", TraceBox);
