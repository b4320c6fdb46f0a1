// How much of Python has arrived, shown until the kernel is ready.
//
// The files are asked for here at once, while JupyterLab still starts; the kernel then finds them
// in the browser's cache.
(() => {
  "use strict";
  const here = document.currentScript;
  const { files, folder } = JSON.parse(here.dataset.python);
  const total = Object.values(files).reduce((sum, size) => sum + size);
  const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
  const box = document.createElement("div");
  box.id = "lifecost-progress";
  box.setAttribute("role", "status");
  box.style.cssText =
    "position:fixed;bottom:2.5rem;left:50%;transform:translateX(-50%);z-index:10000;" +
    "padding:.6rem 1rem;border-radius:.4rem;background:#1f2933;color:#fff;" +
    "font:15px/1.5 system-ui,sans-serif;box-shadow:0 2px 12px #0006;text-align:center";
  const words = document.createElement("div");
  const bar = document.createElement("progress");
  bar.max = total;
  bar.value = 0;
  bar.setAttribute("aria-label", "Python loaded");
  bar.style.width = "18rem";
  box.append(words, bar);

  let problem = "";
  function show() {
    words.textContent =
      problem ||
      (bar.value < total
        ? `Python is on its way to your browser: ${megabytes(bar.value)} of ${megabytes(total)} MB`
        : "Python is here and starts. Then choose Run, Run All Cells.");
  }

  async function fetchOne(name, size) {
    const response = await fetch(new URL(folder + name, here.src));
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    let got = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      got += value.length;
      bar.value += value.length;
      show();
    }
    bar.value += size - got; // what a server compresses on the way may count otherwise
    show();
  }

  const kernel = () =>
    window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status;
  function watch() {
    if (["idle", "busy"].includes(kernel())) box.remove();
    else setTimeout(watch, 200);
  }

  addEventListener("DOMContentLoaded", () => {
    document.body.append(box);
    show();
    watch();
  });
  Promise.all(Object.entries(files).map(([name, size]) => fetchOne(name, size))).catch((error) => {
    problem = `A part of Python did not arrive (${error.message}). Check the connection and reload.`;
    show();
  });
})();
