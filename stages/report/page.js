"use strict";
const player = document.getElementById("player"), clip = document.getElementById("clip");
const tip = document.getElementById("tip");
const links = [...document.querySelectorAll("a.play")];
const LOW = Number(document.body.dataset.low), HIGH = Number(document.body.dataset.high);
const toggle = document.getElementById("toggle"), seek = document.getElementById("seek");
let shown = -1;

function play(source, at, title, why, place) {
  shown = place;
  document.getElementById("player-title").textContent = title;
  document.getElementById("player-why").textContent = why;
  document.getElementById("previous").disabled = place <= 0;
  document.getElementById("next").disabled = place < 0 || place >= links.length - 1;
  if (clip.getAttribute("src") !== source) clip.src = source;
  const start = () => { clip.currentTime = at; clip.play().catch(() => {}); };
  if (clip.readyState >= 1) start(); else { clip.addEventListener("loadedmetadata", start, { once: true }); clip.load(); }
  if (!player.open) player.showModal();
  toggle.focus();
}

function playLink(place) {
  const link = links[place], data = link.dataset;
  play(data.clip, Number(data.at), data.title, data.why, place);
}

links.forEach((link, place) => {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    playLink(place);
  });
  link.addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); playLink(place); }
  });
});
toggle.addEventListener("click", () => { if (clip.paused) clip.play().catch(() => {}); else clip.pause(); });
clip.addEventListener("click", () => toggle.click());
clip.addEventListener("play", () => { toggle.textContent = "Pause"; });
clip.addEventListener("pause", () => { toggle.textContent = "Play"; });
clip.addEventListener("loadedmetadata", () => { seek.max = clip.duration; });
clip.addEventListener("timeupdate", () => { seek.value = clip.currentTime; });
clip.addEventListener("error", () => { document.getElementById("player-why").textContent = `${clip.getAttribute("src")}: not found or not playable here`; });
seek.addEventListener("input", () => { clip.currentTime = Number(seek.value); });
document.getElementById("close").addEventListener("click", () => player.close());
document.getElementById("previous").addEventListener("click", () => playLink(shown - 1));
document.getElementById("next").addEventListener("click", () => playLink(shown + 1));
player.addEventListener("click", (event) => { if (event.target === player) player.close(); });
player.addEventListener("close", () => { clip.pause(); if (shown >= 0) links[shown].focus(); });

function clock(seconds) {
  const tenths = Math.round(seconds * 10), minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

for (const plot of document.querySelectorAll(".plot")) {
  const start = Number(plot.dataset.start), end = Number(plot.dataset.end);
  const heights = plot.querySelector("polyline").getAttribute("points").split(" ").filter((_, i) => i % 2).map(Number);
  const clips = plot.dataset.clips.split("|").filter(Boolean).map((text) => text.split("*"));
  const cursor = plot.querySelector(".cursor");
  let at = start;

  const clipAt = (seconds) => clips.find(([first, last]) => seconds >= first && seconds <= last);
  const point = (seconds) => {
    at = Math.min(end, Math.max(start, seconds));
    const share = end > start ? (at - start) / (end - start) : 0;
    const y = heights[Math.min(heights.length - 1, Math.floor(share * heights.length))];
    const score = LOW + (1 - y / 200) * (HIGH - LOW);
    const own = clipAt(at);
    const words = `${clock(at)}, score ${score.toFixed(1)}${own ? "" : ", no clip here"}`;
    const box = plot.getBoundingClientRect();
    cursor.hidden = tip.hidden = false;
    cursor.style.left = `${share * 100}%`;
    tip.textContent = words;
    const left = box.left + share * box.width - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(4, Math.min(document.documentElement.clientWidth - tip.offsetWidth - 4, left))}px`;
    tip.style.top = `${box.top > 34 ? box.top - 30 : box.bottom + 6}px`;
    plot.classList.toggle("playable", Boolean(own));
    plot.setAttribute("aria-valuenow", at.toFixed(1));
    plot.setAttribute("aria-valuetext", words);
  };
  const leave = () => { cursor.hidden = tip.hidden = true; };
  const open = () => {
    const own = clipAt(at);
    if (own) play(own[2], Math.max(0, at - own[0]), `${plot.dataset.video}, ${clock(at)}`, "", -1);
  };
  const under = (event) => {
    const box = plot.getBoundingClientRect();
    return start + (event.clientX - box.left) / box.width * (end - start);
  };
  plot.addEventListener("pointermove", (event) => point(under(event)));
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("focus", () => { if (plot.matches(":focus-visible")) point(at); });
  plot.addEventListener("blur", leave);
  plot.addEventListener("click", (event) => { point(under(event)); open(); });
  plot.addEventListener("keydown", (event) => {
    const step = (end - start) / 100;
    const moves = { ArrowLeft: at - step, ArrowRight: at + step, PageDown: at - 10 * step, PageUp: at + 10 * step, Home: start, End: end };
    if (event.key in moves) { event.preventDefault(); point(moves[event.key]); }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
    if (event.key === "Escape") leave();
  });
}
window.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
