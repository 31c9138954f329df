"use strict";
const player = document.getElementById("player"), clip = document.getElementById("clip");
const tip = document.getElementById("tip");
const links = [...document.querySelectorAll("a.play")];
const events = links.filter((link) => link.closest(".event"));
const data = JSON.parse(document.getElementById("data").textContent);
const toggle = document.getElementById("toggle"), seek = document.getElementById("seek");
let shown = null;

function play(source, at, title, why, link) {
  shown = link;
  const place = events.indexOf(link);
  document.getElementById("player-title").textContent = title;
  document.getElementById("player-why").textContent = why;
  document.getElementById("previous").disabled = place <= 0;
  document.getElementById("next").disabled = place < 0 || place >= events.length - 1;
  if (clip.getAttribute("src") !== source) clip.src = source;
  const start = () => { clip.currentTime = at; clip.play().catch(() => {}); };
  if (clip.readyState >= 1) start(); else { clip.addEventListener("loadedmetadata", start, { once: true }); clip.load(); }
  if (!player.open) { player.showModal(); toggle.focus(); }
  // A button that has just been switched off keeps no focus.
  if (document.activeElement === document.body || document.activeElement.disabled) toggle.focus();
}

function playLink(link) {
  play(link.dataset.clip, Number(link.dataset.at), link.dataset.title, link.dataset.why, link);
}

function playEvent(step) {
  playLink(events[events.indexOf(shown) + step]);
}

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    playLink(link);
  });
  link.addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); playLink(link); }
  });
}
toggle.addEventListener("click", () => { if (clip.paused) clip.play().catch(() => {}); else clip.pause(); });
clip.addEventListener("click", () => toggle.click());
clip.addEventListener("play", () => { toggle.textContent = "Pause"; });
clip.addEventListener("pause", () => { toggle.textContent = "Play"; });
clip.addEventListener("loadedmetadata", () => { seek.max = clip.duration; });
clip.addEventListener("timeupdate", () => { seek.value = clip.currentTime; });
clip.addEventListener("error", () => { document.getElementById("player-why").textContent = `${clip.getAttribute("src")}: not found or not playable here`; });
seek.addEventListener("input", () => { clip.currentTime = Number(seek.value); });
document.getElementById("close").addEventListener("click", () => player.close());
document.getElementById("previous").addEventListener("click", () => playEvent(-1));
document.getElementById("next").addEventListener("click", () => playEvent(1));
player.addEventListener("click", (event) => { if (event.target === player) player.close(); });
player.addEventListener("close", () => { clip.pause(); if (shown) shown.focus(); });

function clock(seconds) {
  const tenths = Math.round(seconds * 10), minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

const [low, high] = data.range;
document.querySelectorAll(".plot").forEach((plot, number) => {
  const { video, start, end, clips } = data.timelines[number];
  const heights = plot.querySelector("polyline").getAttribute("points").split(" ").filter((_, i) => i % 2).map(Number);
  const cursor = plot.querySelector(".cursor");

  const under = (event) => {
    const box = plot.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const at = start + share * (end - start);
    return { box, share, at, there: clips.find(({ first, last }) => at >= first && at <= last) };
  };
  plot.addEventListener("pointermove", (event) => {
    const { box, share, at, there } = under(event);
    const height = heights[Math.min(heights.length - 1, Math.floor(share * heights.length))];
    const score = low + (1 - height / 200) * (high - low);
    cursor.hidden = tip.hidden = false;
    cursor.style.left = `${share * 100}%`;
    tip.textContent = `${clock(at)}, score ${score.toFixed(1)}${there ? "" : ", no clip here"}`;
    const left = box.left + share * box.width - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(4, Math.min(document.documentElement.clientWidth - tip.offsetWidth - 4, left))}px`;
    tip.style.top = `${box.top > 34 ? box.top - 30 : box.bottom + 6}px`;
    plot.classList.toggle("playable", Boolean(there));
  });
  plot.addEventListener("pointerleave", () => { cursor.hidden = tip.hidden = true; });
  plot.addEventListener("click", (event) => {
    const { at, there } = under(event);
    if (there) play(there.file, Math.max(0, at - there.first), `${video}, ${clock(at)}`, "", null);
  });
});
window.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
