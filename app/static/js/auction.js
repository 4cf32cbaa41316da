// An auction as it happens: the stream tells how far it has come and what everybody may see there; an agency asks for
// its own part besides. What was missed in between is asked for.
// Without it the page works too: a link refreshes, and the market decides by its own clock alone.

const box = document.getElementById("auction");
const form = document.getElementById("bid");
const POLL = 2000;
const TICK = 250;

let mark = Number(box.dataset.mark);
// News bring only the prices that are new: the one before may be the last that the page shows.
let best = Number(box.dataset.best);
let ends = Date.parse(box.dataset.ends);
const starts = Date.parse(box.dataset.starts);
let ahead = Date.parse(box.dataset.now) - performance.now();
let stream = null;
let polling = 0;
let suggested = "";

const part = (name) => box.querySelector(`[data-show="${name}"]`);
const word = (name, value) => box.dataset[`words${name}`].replace("{}", value);
const marketNow = () => ahead + performance.now();
const yuan = (fen) => (fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const clock = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });

function show(name, text) {
  const found = part(name);
  if (found && found.textContent !== text) found.textContent = text;
}

function lasting(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const clockwise = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? clockwise : `${Math.floor(seconds / 3600)}:${clockwise}`;
}

function tick() {
  const now = marketNow();
  show("clock", clock(now));
  if (box.dataset.phase === "ahead" || box.dataset.phase === "paused") {
    show("left", lasting(starts - now));
    if (now >= starts) return location.reload();
  } else if (box.dataset.phase === "running") {
    show("left", lasting(ends - now));
    if (now >= ends) return finished();
  }
  setTimeout(tick, TICK);
}

function finished() {
  // The market closes it within a second or two; what was typed is of no use any more.
  show("left", box.dataset.wordsOver);
  for (const each of form?.elements ?? []) each.disabled = true;
  setTimeout(reloaded, POLL);
}

function reloaded() {
  // Not everybody at the same instant.
  setTimeout(() => location.reload(), Math.random() * POLL);
}

function shown(state) {
  if (state.mark < mark) return;
  mark = state.mark;
  ends = Date.parse(state.ends_at);
  if (state.closed || state.paused > Number(box.dataset.paused)) return reloaded();
  show("offers", String(state.offers));
  show("ends", clock(ends));
  show("extended", String(state.extended));
  if (state.best_fen !== null) {
    show("best", `${yuan(state.best_fen)} 元`);
    show("spoken", `${yuan(state.best_fen)}`);
  }
  listed(state.better);
  own();
}

function listed(better) {
  const body = document.querySelector("#bettered tbody");
  if (!body || !better.length) return;
  document.getElementById("bettered").hidden = false;
  document.getElementById("no-offers").hidden = true;
  const known = Number(body.querySelector("th")?.textContent ?? 0);
  const heads = [...document.querySelectorAll("#bettered thead th")].map((head) => head.textContent);
  better.forEach((one, place) => {
    if (one.seq <= known) return;
    const before = better[place - 1]?.amount_fen ?? best;
    const dropped = before ? word("Dropped", yuan(before - one.amount_fen)) : "";
    best = one.amount_fen;
    const row = body.insertRow(0);
    [one.seq, clock(Date.parse(one.at)), yuan(one.amount_fen), dropped].forEach((text, column) => {
      const cell = document.createElement(column ? "td" : "th");
      if (!column) cell.scope = "row";
      if (column > 1) cell.className = "num";
      cell.dataset.label = heads[column] ?? "";
      cell.textContent = text;
      row.append(cell);
    });
  });
}

async function own() {
  if (!box.dataset.own) return;
  const answer = await fetch(box.dataset.own, { credentials: "same-origin" }).catch(() => null);
  part("lost").hidden = Boolean(answer);
  if (!answer?.ok || answer.redirected) return;
  const mine = await answer.json();
  show("rank", mine.rank ? word("Rank", mine.rank) : box.dataset.wordsNone);
  if (mine.last_fen) show("last", `${yuan(mine.last_fen)} 元`);
  if (!form || !mine.most_fen) return;
  const hint = form.querySelector(".hint");
  if (hint) hint.textContent = hint.textContent.replace(/[0-9][0-9,.]*/, yuan(mine.most_fen));
  suggest(mine.most_fen);
}

function suggest(most) {
  const input = form.elements.namedItem("amount_fen");
  form.dataset.most = most;
  // Whoever has typed something of his own keeps it.
  if (suggested === "" || input.value === suggested) input.value = (most / 100).toFixed(2);
  suggested = (most / 100).toFixed(2);
  quicken();
}

function quicken() {
  for (const button of form.querySelectorAll("[data-steps]")) {
    const amount = Number(form.dataset.most) - (Number(button.dataset.steps) - 1) * Number(box.dataset.step);
    button.hidden = amount <= 0;
    button.dataset.amount = (amount / 100).toFixed(2);
    button.textContent = yuan(amount);
  }
}

function heard(said) {
  // A number: the mark alone, where the market could not tell more. A gap: what lies in between is not in the news.
  if (typeof said === "number") look(said);
  else if (said.after > mark) look(said.mark);
  else shown(said);
}

async function look(at) {
  const address = at === null ? box.dataset.state : `${box.dataset.state}?at=${at}`;
  const asked = at === null ? { headers: { "If-None-Match": `"${mark}"` } } : {};
  const answer = await fetch(address, asked).catch(() => null);
  const said = answer?.headers.get("Market-Time");
  if (said) ahead = Date.parse(said) - performance.now();
  part("lost").hidden = Boolean(answer);
  if (answer?.ok) shown(await answer.json());
}

function poll() {
  // For a server that has no room for another stream: the same question again and again, answered in a few bytes.
  if (polling) return;
  polling = setInterval(() => document.hidden || look(null), POLL);
}

function watch() {
  if (!box.dataset.held) return;
  stream = new EventSource(`${box.dataset.events}?after=${mark}`);
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.onopen = () => {
    clearInterval(polling);
    polling = 0;
    part("lost").hidden = true;
  };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) poll();
    look(null);
  };
}

if (form) {
  const input = form.elements.namedItem("amount_fen");
  form.dataset.most = box.dataset.most || "0";
  suggested = (Number(form.dataset.most) / 100).toFixed(2);
  const quick = form.querySelector(".quick");
  if (quick) quick.hidden = false;
  quicken();
  for (const button of form.querySelectorAll("[data-steps]")) {
    button.addEventListener("click", () => {
      input.value = button.dataset.amount;
    });
  }
  form.addEventListener("submit", (event) => {
    if (!confirm(word("Confirm", input.value))) event.preventDefault();
  });
}

for (const plain of box.querySelectorAll("[data-plain]")) plain.hidden = true;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
  } else if (box.dataset.held) {
    look(null);
    watch();
  }
});
tick();
watch();
