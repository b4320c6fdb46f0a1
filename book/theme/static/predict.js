// A guess before the answer: made on the page, kept in this browser, compared in words. Without a
// script, the question stands with its answer folded.
(() => {
  "use strict";
  const KEPT = "lifecost-guesses";
  const NEAR = 1.25; // a factor; or, where guesses begin at zero, a twentieth of their range
  const CASES = { k: 1e3, K: 1e3, M: 1e6, B: 1e9, G: 1e9, T: 1e12 };

  // Storage may be forbidden, for one in a frame; then a guess holds for this page.
  const kept = () => {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  };
  const keep = (name, guess) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: guess }));
    } catch {
      // As above.
    }
  };

  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    made.append(...children);
    return made;
  };
  const shown = (value) => Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 });

  class Predict extends HTMLElement {
    connectedCallback() {
      if (this.data) return;
      this.data = JSON.parse(this.querySelector("script").textContent);
      this.list = this.querySelector("ul");
      this.explorer = this.data.covers &&
        document.querySelector(`lifecost-explorer[data-name="${this.data.covers}"]`);
      const guess = kept()[this.dataset.name];
      if (guess === undefined || !this.valid(guess)) this.ask();
      else this.reply(guess);
      addEventListener("hashchange", () => this.isLinked() && this.uncover());
    }

    // A guess is a number, the place of a choice, or null: shown without one.
    valid(guess) {
      if (guess === null) return true;
      if (typeof guess !== "number") return false;
      const [low, high] = this.list ? [0, this.list.children.length - 1] : this.data.range;
      return guess >= low && guess <= high && (!this.list || Number.isInteger(guess));
    }

    ask() {
      const error = element("p", { class: "error", role: "alert", id: `${this.dataset.name}-error` });
      const form = element("form", { novalidate: "", autocomplete: "off" });
      form.append(...(this.list ? this.choices() : this.field(error.id)));
      const without = element("button", { type: "button", class: "plain" }, "Show it without a guess");
      form.append(element("button", {}, "Commit"), without, error);
      without.addEventListener("click", () => this.commit(null));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const { guess, problem } = this.list ? this.chosen(form) : this.typed(form);
        if (problem) {
          error.textContent = problem;
          const [box] = form.elements;
          if (!this.list) box.setAttribute("aria-invalid", "true");
          box.focus();
        } else this.commit(guess);
      });
      form.addEventListener("input", () => {
        error.textContent = "";
        form.elements[0].removeAttribute("aria-invalid");
      });
      this.show(form);
      this.mark(null);
      if (!this.isLinked()) this.cover();
    }

    field(problem) {
      const box = element("input", { inputmode: "decimal", "aria-label": "Your guess", "aria-describedby": problem, placeholder: "?" });
      return [box, element("span", {}, this.data.unit)];
    }
    typed(form) {
      const { unit, range: [low, high] } = this.data, example = shown(low > 0 ? Math.sqrt(low * high) : high / 4);
      const [, amount, letter = ""] = form.elements[0].value.replace(unit, "").replace(/(\d),(?=\d{3})/g, "$1").trim()
        .match(/^((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?) ?([kKMBGT])?$/) ?? [];
      if (amount === undefined) return { problem: `Write a number, such as ${example} ${unit}.` };
      const guess = Number(amount) * (CASES[letter] ?? 1);
      return guess >= low && guess <= high ? { guess } : { problem: `Write a number from ${shown(low)} to ${shown(high)}.` };
    }

    choices() {
      const box = element("fieldset", { "aria-labelledby": this.getAttribute("aria-labelledby") });
      box.append(...[...this.list.children].map(({ textContent }, place) => element("label", {},
        element("input", { type: "radio", name: this.dataset.name, value: place }), textContent)));
      return [box];
    }
    chosen(form) {
      const box = form.querySelector(":checked");
      return box ? { guess: Number(box.value) } : { problem: "Choose one." };
    }

    commit(guess) {
      keep(this.dataset.name, guess);
      this.reply(guess).focus();
    }

    // What is said of a guess, in the place of the form.
    reply(guess) {
      const { answer, replies, truth } = this.data, parts = [];
      if (this.list) {
        parts.push(guess === null ? "" : guess === truth ? "Right." : "Not so.", Object.values(replies)[guess ?? truth]);
        [...this.list.children].forEach((choice, place) => {
          choice.classList.toggle("yours", place === guess);
          choice.classList.toggle("right", place === truth);
        });
      } else parts.push(...(guess === null ? ["", `${answer} ${replies.close}`] : this.compared(guess)));
      const again = element("button", { type: "button", class: "plain" }, guess === null ? "Guess after all" : "Guess again");
      again.addEventListener("click", () => {
        keep(this.dataset.name, undefined);
        this.ask();
        this.querySelector("input").focus();
      });
      const [head, text] = parts, words = element("p", {}, ...(head ? [element("b", {}, head), " "] : []), text);
      const box = element("div", { class: "reply", tabindex: -1 }, words);
      if (!this.list && guess !== null) box.append(this.scale(guess));
      box.append(again);
      this.show(box);
      this.mark(guess);
      this.uncover();
      return box;
    }
    compared(guess) {
      const { truth, unit, answer, replies, range: [low, high] } = this.data;
      const factor = Math.max(truth / guess, guess / truth);
      const near = low > 0 ? factor < NEAR : Math.abs(truth - guess) < (high - low) / 20;
      const side = guess < truth ? "low" : "high";
      const head = near ? "Close." : low > 0 ? `${shown(factor)} times too ${side}.` : `Too ${side}.`;
      return [head, `You said ${shown(guess)} ${unit}. ${answer} ${replies[near ? "close" : side]}`];
    }

    // The guess and the answer on a line; between powers of ten, where factors count.
    scale(guess) {
      const { truth, range } = this.data, powers = range[0] > 0;
      const ends = powers
        ? [10 ** Math.floor(Math.log10(Math.min(guess, truth)) - 0.5), 10 ** Math.ceil(Math.log10(Math.max(guess, truth)) + 0.5)]
        : range;
      const [low, high] = powers ? ends.map(Math.log10) : ends;
      const place = (value) => `${100 * ((powers ? Math.log10(value) : value) - low) / (high - low)}%`;
      const at = (className, value, text) => {
        const mark = element("span", { class: className }, text);
        mark.style.setProperty("--at", place(value));
        return mark;
      };
      const count = powers ? Math.round(high - low) : 4, ticks = [];
      for (let i = 0; i <= count; i += Math.ceil(count / 6)) {
        const value = powers ? 10 ** (low + i) : low + (high - low) * i / count;
        ticks.push(at("tick", value, shown(value)));
      }
      const [first, second] = guess < truth ? ["before", "after"] : ["after", "before"];
      const line = element("div", { class: "scale", "aria-hidden": "true" }, ...ticks, at(`you ${first}`, guess, "you"), at(`answer ${second}`, truth, "answer"));
      line.style.setProperty("--from", place(Math.min(guess, truth)));
      line.style.setProperty("--to", place(Math.max(guess, truth)));
      return line;
    }

    show(part) {
      this.below?.remove();
      this.below = part;
      this.append(part);
      if (part.matches("form") && this.list) for (const choice of this.list.children) choice.className = "";
      this.dataset.state = part.matches("form") ? "asked" : "answered";
    }

    // ---- the explorer that would tell

    // The guess in its picture, where that has an axis for it.
    mark(guess) {
      const [[axis, one] = []] = Object.entries(this.data.axis ?? {});
      if (!axis || !this.explorer) return;
      this.explorer.guess = guess === null ? null : { axis, value: guess * one };
      this.explorer.update?.(); // or as its own script comes
    }
    isLinked() {
      return location.hash.startsWith(`#${this.data.covers}?`);
    }
    cover() {
      if (!this.explorer || this.note) return;
      this.note = element("p", { class: "x-cover" }, "Commit to a guess above, and the answer appears here.");
      this.explorer.classList.add("covered");
      this.explorer.querySelector(".x-stage").append(this.note);
    }
    uncover() {
      this.explorer?.classList?.remove("covered");
      this.note?.remove();
      this.note = null;
    }
  }

  customElements.define("lifecost-predict", Predict);
})();
