// Keys turn the slides; without this script they scroll.
"use strict";
const slides = [...document.querySelectorAll("section")];
const steps = {
  ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1,
  ArrowLeft: -1, ArrowUp: -1, PageUp: -1,
  Home: -slides.length, End: slides.length,
};

function current() {
  const distance = (slide) => Math.abs(slide.getBoundingClientRect().top);
  return slides.reduce((near, slide, i) => (distance(slide) < distance(slides[near]) ? i : near), 0);
}

addEventListener("keydown", (event) => {
  const step = event.key === " " && event.shiftKey ? -1 : steps[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const slide = slides[Math.min(slides.length - 1, Math.max(0, current() + step))];
  slide.scrollIntoView({ behavior: "instant" });
  history.replaceState(null, "", `#${slide.id}`);
});
