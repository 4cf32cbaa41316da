// Plays what a replay's page tells (templates/bidding/selection/replay_parts.html): nothing is computed here, what is
// shown at a step stands in the page already, by `data-frame`.

const PACE = 1200;
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Player {
  constructor(root) {
    this.root = root;
    this.frames = [...root.querySelectorAll("[data-frame]")];
    this.rows = [...root.querySelectorAll("tr[data-frame]")];
    this.slide = root.querySelector("input[type=range]");
    this.says = root.querySelector("[data-part=says]");
    this.play = root.querySelector("[data-do=play]");
    this.standings = root.querySelector(".auction-pair tbody");
    this.at = this.last = Number(this.slide.max);
    this.timer = null;
    for (const button of root.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.does(button.dataset.do));
    }
    this.slide.addEventListener("input", () => {
      this.stop();
      this.show(Number(this.slide.value));
    });
    // Whoever wants no motion goes step by step.
    this.play.hidden = still.matches;
    still.addEventListener("change", () => {
      this.stop();
      this.play.hidden = still.matches;
    });
    root.querySelector("[data-part=controls]").hidden = false;
  }

  does(what) {
    if (what === "play" && this.timer === null) {
      this.start();
      return;
    }
    this.stop();
    const to = { first: 0, previous: this.at - 1, next: this.at + 1, last: this.last };
    if (what in to) {
      this.show(to[what]);
    }
  }

  start() {
    this.show(this.at === this.last ? 0 : this.at + 1);
    this.timer = setInterval(() => {
      this.show(this.at + 1);
      if (this.at === this.last) {
        this.stop();
      }
    }, PACE);
    this.name();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.name();
  }

  name() {
    const [play, pause] = this.play.dataset.words.split(" ");
    this.play.textContent = this.timer === null ? play : pause;
  }

  show(wanted) {
    this.at = Math.min(Math.max(wanted, 0), this.last);
    this.slide.value = String(this.at);
    for (const one of this.frames) {
      const frame = Number(one.dataset.frame);
      one.classList.toggle("later", frame > this.at);
      if (frame === this.at) {
        one.setAttribute("aria-current", "step");
      } else {
        one.removeAttribute("aria-current");
      }
    }
    const row = this.rows[this.at - 1];
    this.says.textContent = row?.dataset.says ?? "";
    this.slide.setAttribute("aria-valuetext", row?.dataset.says ?? "0");
    if (this.standings) {
      this.standings.replaceChildren(...[...(row?.querySelectorAll("[data-rank]") ?? [])].map(standing));
    }
  }
}

function standing({ dataset }) {
  const row = document.createElement("tr");
  const rank = document.createElement("th");
  rank.scope = "row";
  rank.textContent = dataset.rank;
  const letter = document.createElement("span");
  letter.className = "letter";
  letter.textContent = dataset.letter;
  const name = document.createElement("td");
  name.append(letter, ` ${dataset.name}`);
  const amount = document.createElement("td");
  amount.className = "num";
  amount.textContent = dataset.amount;
  row.append(rank, name, amount);
  return row;
}

for (const root of document.querySelectorAll("[data-player]")) {
  new Player(root);
}

// One state to a page: the arrows turn it, unless something on it wants them itself.
document.addEventListener("keydown", (event) => {
  const to = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
  if (to && plain && !event.target.closest("input, select, textarea, summary, [tabindex='0']")) {
    document.querySelector(`.turn a[rel=${to}]`)?.click();
  }
});
