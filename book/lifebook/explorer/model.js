// The box for a reader's own config.json: what it holds goes to the explorer below, and nowhere else.
// The rules by which it is read are a part that comes with the first file.
const reading = () => part("families").then(() => part("reader"));

class ModelBox extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.explorer = document.querySelector(`[data-name="${this.dataset.explorer}"]`);
    this.box = node("textarea", { id: "model-config", rows: 9, spellcheck: "false",
      autocomplete: "off", "aria-describedby": "model-problem" });
    this.problem = node("p", { class: "lifecost-problem", id: "model-problem", role: "alert" });
    this.summary = node("p", { role: "status" });
    const file = node("input", { type: "file", accept: ".json,application/json", id: "model-file" });
    this.replaceChildren(
      node("label", { for: "model-config" }, "Your config.json: paste it, or drop the file here"),
      this.box,
      node("div", {}, node("label", { for: "model-file" }, "or open it"), file),
      this.problem, this.summary);
    this.box.addEventListener("input", () => this.read("config", this.box.value));
    file.addEventListener("change", async () => {
      await this.open(file.files[0]);
      file.value = ""; // so that the same file, mended, can be opened again
    });
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return; // text goes where it is dropped
      event.preventDefault();
      const entry = event.dataTransfer.items[0].webkitGetAsEntry?.();
      if (entry?.isDirectory) this.openFolder(entry);
      else this.open(event.dataTransfer.files[0]);
    });
    this.explorer.addEventListener("update", () => this.summarize());
    // The example is the explorer's own model.
    this.box.value = EXAMPLE.text;
    const { called, note, format } = EXAMPLE;
    Object.assign(this, { called, note, format });
    this.summarize();
  }

  async open(file) {
    if (!file) return;
    await reading();
    const { InputError, LIMITS, checkName } = LIFECOST.reader;
    try {
      checkName(file.name);
      // One byte more than allowed is enough to refuse a file of any size.
      const bytes = await file.slice(0, LIMITS.file + 1).arrayBuffer();
      this.box.value = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
      this.problem.textContent = error instanceof InputError ? error.message
        : `${file.name} is not text in UTF-8`;
      return;
    }
    await this.read(file.name, this.box.value);
  }

  openFolder(folder) {
    folder.getFile("config.json", {}, (entry) => entry.file((file) => this.open(file)), () => {
      this.problem.textContent = `${folder.name} is a folder without a config.json`;
    });
  }

  weights(bound) {
    if (!this.format) return "The file does not say what the weights are stored in: as the device's precision.";
    return `The weights take ${shown(FORMULAS.weights_size(bound), "B")}, in ${this.format} by the file.`;
  }

  // What is wrong is said, and changes nothing else.
  async read(name, text) {
    await reading();
    if (text !== this.box.value) return; // more was typed meanwhile
    const { InputError, modelOf, parsed } = LIFECOST.reader;
    let config, model;
    try {
      config = parsed(name, text);
      model = modelOf(config);
      this.problem.textContent = "";
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.problem.textContent = error.message;
      return;
    }
    this.called = String(config._name_or_path || config.model_type).slice(0, 80);
    this.note = model.note ?? "";
    this.format = model.format;
    this.explorer.data.fixed = { ...model.bindings, ...model.stored };
    // A device brings the bytes of its precision, unless the file says in how many it is stored.
    this.explorer.controls.get("device").leaves = Object.keys(model.stored);
    this.explorer.origin = { object: 'explore(load_model("config.json"))',
      imports: "from lifecost import load_model\nfrom lifebook.explorer.gallery import explore" };
    this.explorer.update();
    if (text !== EXAMPLE.text) this.keep(model.bindings);
  }

  // In this browser only: its explorers offer the model from then on.
  keep(bindings) {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ title: this.called, bindings }));
    } catch { /* A browser may refuse to keep anything. */ }
  }

  summarize() {
    if (!LIFECOST.families) { // which some models of the catalog are made of
      part("families").then(() => this.summarize());
      return;
    }
    const bound = this.explorer.bound();
    const others = CATALOG.models.map(([name, , , , bindings]) => ({ name, bound: { ...bound, ...NO_MODEL, ...bindings } }));
    const exact = (value) => value.toLocaleString("en-US");
    const active = (b) => b.n_active_params ?? b.n_params;
    const serve = active(bound) === bound.n_params ? "all of which serve" : `of which ${exact(active(bound))} serve`;
    const rank = (value) => 1 + others.filter((o) => value(o.bound) > value(bound)).length;
    const ratio = FORMULAS.kv_to_compute_ratio;
    const [size, cache, load] = [active, FORMULAS.kv_bytes_per_token, ratio].map(rank);
    const distance = (o) => Math.abs(Math.log(ratio(o.bound) / ratio(bound)));
    const nearest = others.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    this.summary.textContent = `${this.called}: ${exact(bound.n_params)} parameters, ${serve} each `
      + `token. ${this.note} ${this.weights(bound)} Its place, from the largest, beside the ${others.length} models of the `
      + `catalog: ${size} by active parameters, ${cache} by the cache of a token, ${load} by reading the `
      + `cache over arithmetic, where ${nearest.name} is closest.`;
  }
}

customElements.define("lifecost-model", ModelBox);
