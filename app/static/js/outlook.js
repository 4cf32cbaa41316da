// While a need is being filled in: asks the market what the rules make of it, and hides what does not apply.
// Without it the page works too: the same stands on the page after each answer, and before publishing.

const box = document.getElementById("outlook");
const form = document.querySelector("main form.act");
const ASKED = ["item", "region", "fund", "payer", "budget_fen", "expected_days"];
const WAIT = 400;

let waiting = 0;
let asking = null;

function value(name) {
  const found = form.elements.namedItem(name);
  return found ? found.value : "";
}

function show(name, wanted) {
  const input = form.elements.namedItem(name);
  const field = input?.closest(".field");
  if (!field) return;
  // A hidden field hands nothing in; what was typed stays in it and comes back with it.
  field.hidden = !wanted;
  input.disabled = !wanted;
}

function arrange() {
  for (const part of form.querySelectorAll("[data-methods]")) {
    const wanted = part.dataset.methods.split(" ").includes(value("method"));
    for (const input of part.querySelectorAll("[name]")) show(input.name, wanted);
  }
  show("winners", value("method") !== "DIRECT");
  show("budget_line", value("payer") === "authority");
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams(ASKED.map((name) => [name, value(name)]));
  try {
    const answer = await fetch(`${box.dataset.address}?${query}`, { signal: asking.signal, credentials: "same-origin" });
    if (answer.ok && !answer.redirected) {
      const open = box.querySelector("details")?.open;
      box.innerHTML = await answer.text();
      if (open) box.querySelector("details").open = true;
    }
  } catch (error) {
    if (error.name !== "AbortError") box.dataset.stale = "";
  }
}

if (box && form) {
  arrange();
  form.addEventListener("input", () => {
    arrange();
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  });
}
