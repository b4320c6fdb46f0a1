// The page around the text: colors, folding for print, copying code. Everything works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const systemTheme = () => (system.matches ? "dark" : "light");
  // Storage may be forbidden, for one in a frame.
  const stored = () => {
    try {
      return localStorage.getItem("theme") || "";
    } catch {
      return "";
    }
  };
  const store = (theme) => {
    try {
      if (theme === systemTheme()) localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // Then the choice holds for this page.
    }
  };
  const show = (theme) => {
    root.dataset.theme = theme;
    document.getElementById("site-theme")?.setAttribute("aria-pressed", theme === "dark");
  };
  const showChosen = () => show(stored() || systemTheme());

  // At once, before the first paint.
  showChosen();
  system.addEventListener("change", showChosen);

  // Paper is white, and its readers cannot unfold.
  let folded = [];
  addEventListener("beforeprint", () => {
    show("light");
    folded = [...document.querySelectorAll("details:not(.hide, [open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    showChosen();
    for (const details of folded) details.open = false;
  });

  function addColorButton() {
    const button = document.getElementById("site-theme");
    button.hidden = false;
    show(root.dataset.theme);
    button.addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      store(theme);
      show(theme);
    });
  }

  function addCopyButtons() {
    if (!navigator.clipboard) return;
    for (const block of document.querySelectorAll(".highlight")) {
      if (block.closest(".cell_output")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "site-copy";
      button.textContent = "Copy";
      block.append(button);
    }
    document.addEventListener("click", async ({ target }) => {
      if (!target.matches?.(".site-copy")) return;
      await navigator.clipboard.writeText(target.parentElement.querySelector("pre").innerText);
      target.textContent = "Copied";
      setTimeout(() => (target.textContent = "Copy"), 2000);
    });
  }

  // What scrolls sideways must be within reach of the keyboard, and nothing else should be. Asked
  // when it comes near: the sections far below are not laid out yet.
  function reachScrollers() {
    const reach = (box) => {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    };
    const near = new IntersectionObserver(
      (entries) => entries.forEach(({ target, isIntersecting }) => isIntersecting && reach(target)),
      { rootMargin: "50% 0px" },
    );
    for (const box of document.querySelectorAll(
      "pre, div.math, .lifecost-scroll, .scroll",
    )) {
      near.observe(box);
    }
  }

  function markSection() {
    const links = new Map();
    for (const link of document.querySelectorAll("#site-nav ul ul a")) {
      const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (section) links.set(section, link);
    }
    const inSight = new Set();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) inSight.add(target);
          else inSight.delete(target);
        }
        const current = [...links.keys()].filter((section) => inSight.has(section)).pop();
        for (const [section, link] of links) {
          if (section === current) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      },
      { rootMargin: "-25% 0px -70% 0px" },
    );
    for (const section of links.keys()) observer.observe(section);
    // Over the text, the contents would cover the section that was asked for.
    const nav = document.getElementById("site-nav");
    nav.addEventListener("click", ({ target }) => {
      if (target.closest("a") && nav.matches(":popover-open")) nav.hidePopover();
    });
  }

  // Excerpts of the pages found are fetched, which a page opened from disk may not do. Fires before
  // the search starts.
  document.addEventListener("readystatechange", () => {
    if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
      DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    addColorButton();
    addCopyButtons();
    markSection();
    reachScrollers();
  });
})();
