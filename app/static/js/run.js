// Shows how far an import is without being asked: the same page again, its part exchanged; without it a link refreshes.

const EVERY = 2000;

async function look() {
  const run = document.getElementById("run");
  if (!run?.hasAttribute("data-running")) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = page.getElementById("run");
    // Whoever stands on a link or a button keeps standing there.
    if (newer && !run.contains(document.activeElement)) run.replaceWith(newer);
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
