// Verdicts: what a person says of an event, kept in the browser, and saved as a file or by the server that shows the page.
const COLUMNS = ["set", "recording", "second", "before", "after", "x1", "y1", "x2", "y2", "verdict", "comment", "by", "at"];
const KEYS = { n: "normal", e: "event", u: "unsure" };
const cards = [...document.querySelectorAll(".event")];
const filter = document.getElementById("filter"), by = document.getElementById("by");
const state = document.getElementById("review-state");
const stored = (name) => `oddreel ${name} ${data.set}`;
// What has been said on this page and is in no file yet; and the latest of each card.
let fresh = recalled(), served = false;
const said = new Map();

function recalled() {
  try { return JSON.parse(localStorage.getItem(stored("verdicts"))) || []; } catch { return []; }
}

function remember() {
  try { localStorage.setItem(stored("verdicts"), JSON.stringify(fresh)); } catch { /* no storage here: the page holds them */ }
}

function same(one, other) {
  if (one.recording !== other.recording) return false;
  const begins = Math.max(one.second - one.before, other.second - other.before);
  if (begins > Math.min(Number(one.second) + Number(one.after), Number(other.second) + Number(other.after))) return false;
  const shared = ["x", "y"].map((axis) => Math.max(0,
    Math.min(one[`${axis}2`], other[`${axis}2`]) - Math.max(one[`${axis}1`], other[`${axis}1`])));
  const areas = [one, other].map((each) => (each.x2 - each.x1) * (each.y2 - each.y1));
  return shared[0] * shared[1] / (areas[0] + areas[1] - shared[0] * shared[1]) >= 0.3;
}

function asCsv(rows) {
  const field = (value) => /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  return [COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name] ?? ""))].map((row) => row.map(field).join(",")).join("\n") + "\n";
}

function fromCsv(text) {
  const rows = [[""]];
  let quoted = false;
  for (let place = text.startsWith("\ufeff") ? 1 : 0; place < text.length; place++) {
    const sign = text[place], row = rows.at(-1), end = row.length - 1;
    if (quoted && sign === '"' && text[place + 1] === '"') { row[end] += '"'; place++; }
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === ",") row.push("");
    else if (!quoted && sign === "\n") rows.push([""]);
    else if (quoted || sign !== "\r") row[end] += sign;
  }
  const [head, ...lines] = rows.filter((row) => row.length > 1);
  if (!head || head.join() !== COLUMNS.join()) throw new Error(`its first line is not ${COLUMNS.join()}`);
  return lines.map((line) => Object.fromEntries(COLUMNS.map((name, place) => [name, line[place] ?? ""])));
}

const PLACE = COLUMNS.slice(1, 9);
const placeOf = (card) => Object.fromEntries(PLACE.map((name, place) => [name, data.places[cards.indexOf(card)][place]]));

function show(card) {
  const row = said.get(card);
  card.dataset.verdict = row ? row.verdict : "";
  for (const button of card.querySelectorAll(".verdict button")) button.setAttribute("aria-pressed", button.value === card.dataset.verdict);
  const comment = card.querySelector(".verdict input");
  if (row && document.activeElement !== comment) comment.value = row.comment;
  card.hidden = filter.value === "open" ? Boolean(row) : filter.value !== "all" && card.dataset.verdict !== filter.value;
}

function showAll() {
  for (const card of cards) show(card);
  const open = cards.filter((card) => !said.has(card)).length;
  const unsaved = fresh.length ? `; ${fresh.length} not saved yet` : said.size && served ? "; saved" : "";
  state.textContent = `${cards.length - open} of ${cards.length} reviewed${unsaved}`;
}

function add(row) {
  fresh = [...fresh.filter((other) => !same(other, row)), row];
  for (const card of cards) if (same(placeOf(card), row)) said.set(card, row);
}

function judge(card, verdict) {
  const comment = card.querySelector(".verdict input").value;
  add({ set: data.set, ...placeOf(card), verdict, comment, by: by.value, at: new Date().toISOString().slice(0, 19) + "Z" });
  keep();
}

function keep() {
  remember();
  showAll();
  if (served && fresh.length) send();
}

async function send() {
  const sent = fresh;
  try {
    const answer = await fetch("verdicts", { method: "PUT", headers: { "Content-Type": "text/csv" }, body: asCsv(sent) });
    if (!answer.ok) throw new Error(await answer.text());
    fresh = fresh.filter((row) => !sent.includes(row));
    remember();
    showAll();
  } catch (error) { state.textContent = `Not saved: ${error.message}`; }
}

// The event that a key is about: the one that plays, or that has the focus, or the first that nobody has judged.
function current() {
  if (player.open) return shown?.closest(".event");
  return document.activeElement.closest(".event") || cards.find((card) => !card.hidden && !said.has(card));
}

function onward(from) {
  const place = cards.indexOf(from), open = (card) => !said.has(card) && !card.hidden;
  const next = cards.slice(place + 1).find(open) || cards.find(open);
  if (!next) { if (player.open) player.close(); return; }
  const link = next.querySelector("a.play") || next.querySelector(".verdict button");
  if (player.open && link.matches("a.play")) playLink(link);
  else { if (player.open) player.close(); link.focus(); next.scrollIntoView({ block: "nearest" }); }
}

document.addEventListener("keydown", (pressed) => {
  const verdict = KEYS[pressed.key], writes = pressed.target.closest("input:not([type=range]), textarea, select");
  if (!verdict || writes || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
  const card = current();
  if (!card) return;
  pressed.preventDefault();
  judge(card, verdict);
  onward(card);
});
for (const card of cards) {
  card.querySelector(".account").append(document.getElementById("verdict").content.cloneNode(true));
  const rank = card.querySelector(".rank").textContent;
  card.querySelector(".verdict").setAttribute("aria-label", `Verdict on event ${rank}`);
  card.querySelector(".verdict input").setAttribute("aria-label", `Comment on event ${rank}`);
  card.querySelectorAll(".verdict button").forEach((button) => button.addEventListener("click", () => judge(card, button.value)));
  card.querySelector(".verdict input").addEventListener("change", () => {
    if (said.has(card)) judge(card, said.get(card).verdict);
  });
}
filter.addEventListener("change", showAll);
by.value = localStorage?.getItem("oddreel by") || "";
by.addEventListener("change", () => localStorage?.setItem("oddreel by", by.value));

document.getElementById("save").addEventListener("click", () => {
  const rows = [...data.verdicts.filter((row) => !fresh.some((other) => same(row, other))), ...fresh];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([asCsv(rows)], { type: "text/csv" }));
  link.download = `${data.set}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
});
document.getElementById("load").addEventListener("change", async (changed) => {
  const [file] = changed.target.files;
  try {
    for (const row of fromCsv(await file.text())) if (row.set === data.set) add(row);
    keep();
  } catch (error) { state.textContent = `${file.name}: ${error.message}`; }
  changed.target.value = "";
});

for (const row of data.verdicts) for (const card of cards) if (same(placeOf(card), row)) said.set(card, row);
// What the page was made with need not be saved again.
const known = (row) => data.verdicts.some((other) => same(row, other) && row.verdict === other.verdict && row.comment === other.comment);
fresh = fresh.filter((row) => !known(row));
for (const row of fresh) for (const card of cards) if (same(placeOf(card), row)) said.set(card, row);
showAll();
if (location.protocol.startsWith("http")) {
  fetch("verdicts").then(async (answer) => {
    if (!answer.ok) return;
    served = true;
    document.body.classList.add("served");
    for (const row of fromCsv(await answer.text())) for (const card of cards) if (same(placeOf(card), row) && !fresh.some((own) => same(own, row))) said.set(card, row);
    keep();
  }).catch(() => {});
}
