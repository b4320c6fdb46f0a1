// Colors of an explorer that stands alone: as its address asks (?theme=dark), or else as the system.
(() => {
  "use strict";
  const asked = new URLSearchParams(location.search).get("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const dark = asked === "dark" || (asked !== "light" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  show();
  system.addEventListener("change", show);
})();
