// Shows the checks of a draw's record on the page (templates/macros/checker.html); what is checked is in draw.js.

import { check, CHECKS, Malformed, parseFrozen, read } from "./draw.js";

const KINDS = { holds: "done", fails: "fail", skipped: "wait", running: "plain" };
const LARGEST = 64 * 1024 * 1024;

const checker = document.getElementById("checker");
const part = (name) => checker.querySelector(`[data-part="${name}"]`);
const words = (what) => checker.querySelector(`[data-what="${what}"]`)?.textContent ?? what;

function show(name, shown = true) {
  part(name)?.toggleAttribute("hidden", !shown);
}

function clear() {
  for (const verdict of checker.querySelectorAll("[data-verdict]")) {
    verdict.hidden = true;
  }
  for (const name of CHECKS) {
    mark(name, null, []);
  }
  for (const name of ["outcome", "progress", "unsigned", "compare"]) {
    show(name, false);
  }
}

function mark(name, state, faults) {
  const line = checker.querySelector(`[data-check="${name}"]`);
  const badge = line.querySelector(".check-state");
  badge.textContent = state === null ? "" : checker.dataset[state];
  badge.className = state === null ? "check-state" : `check-state status status-${KINDS[state]}`;
  const list = line.querySelector(".check-faults");
  list.replaceChildren(...faults.map(told));
  list.hidden = faults.length === 0;
}

function told(fault) {
  const line = document.createElement("li");
  line.append(words(fault.what));
  for (const side of ["computed", "recorded"]) {
    if (fault[side] !== undefined) {
      const value = document.createElement("code");
      value.textContent = fault[side];
      line.append(document.createElement("br"), checker.dataset[side], value);
    }
  }
  return line;
}

function conclude(verdict) {
  checker.querySelector(`[data-verdict="${verdict}"]`).hidden = false;
  checker.dataset.verdict = verdict;
  show("progress", false);
  show("outcome");
  part("outcome").focus({ preventScroll: true });
}

function fill(record) {
  const { head } = record.log;
  const frozen = parseFrozen(record.frozen_text);
  const chosen = record.order.slice(0, frozen.winners + frozen.alternates);
  const texts = {
    no: `${record.no} / ${record.attempt}`,
    decision: words(`decision.${record.decision}`),
    chosen: chosen.map((id, place) => `${place + 1}. ${record.names[id] ?? ""} ${id}`).join("\n") || "—",
    beacon: frozen.rule === "none" ? words("beacon.none") : `${record.beacon_value ?? "—"} ${record.beacon_on ?? ""}`,
    tree_size: head.tree_size,
    root_hash: head.root_hash,
    timestamp: head.timestamp,
  };
  for (const [name, text] of Object.entries(texts)) {
    checker.querySelector(`[data-fill="${name}"]`).textContent = text;
  }
  show("compare");
}

async function judge(buffer) {
  let record;
  try {
    record = read(buffer);
  } catch (error) {
    if (!(error instanceof Malformed)) {
      throw error;
    }
    conclude("unreadable");
    return;
  }
  const bar = part("progress").querySelector("progress");
  show("progress");
  let sound = true;
  let known = true;
  const key = await publicKey();
  mark(CHECKS[0], "running", []);
  for await (const { name, holds, faults } of check(record, key, (done, all) => { bar.value = done / all; })) {
    mark(name, holds === null ? "skipped" : holds ? "holds" : "fails", faults);
    sound = sound && holds !== false;
    known = known && holds !== null;
    if (name === "form" && !holds) {
      conclude("unreadable");
      return;
    }
    const next = CHECKS[CHECKS.indexOf(name) + 1];
    if (next) {
      mark(next, "running", []);
    }
  }
  show("unsigned", !known);
  fill(record);
  conclude(sound ? "holds" : "fails");
}

async function publicKey() {
  try {
    return (await (await fetch(checker.dataset.key)).json()).public_key;
  } catch {
    return "";
  }
}

async function fetched() {
  clear();
  let answer;
  try {
    answer = await fetch(checker.dataset.record);
  } catch {
    conclude("unreachable");
    return;
  }
  if (answer.ok) {
    await judge(await answer.arrayBuffer());
  } else {
    conclude(answer.status === 404 ? "absent" : "unreachable");
  }
}

async function chosen(file) {
  clear();
  if (file.size > LARGEST) {
    conclude("unreadable");
  } else {
    await judge(await file.arrayBuffer());
  }
}

if (checker) {
  show("without", false);
  if (globalThis.crypto?.subtle) {
    show("controls");
    part("check")?.addEventListener("click", fetched);
    checker.querySelector("input[type=file]")?.addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file) {
        chosen(file);
      }
    });
  } else {
    show("insecure");
  }
}
