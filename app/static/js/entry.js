// Recomputes one entry's digest, its place under the newest head and that head's signature (docs/protocol.md §3).

import { digestOf, included, leafOf, signed } from "./draw.js";

const KINDS = { holds: "done", fails: "fail", skipped: "wait" };
const checker = document.getElementById("entry");
const part = (name) => checker.querySelector(`[data-part="${name}"]`);

function mark(name, holds) {
  const state = holds === null ? "skipped" : holds ? "holds" : "fails";
  const badge = checker.querySelector(`[data-check="${name}"] .check-state`);
  badge.textContent = checker.dataset[state];
  badge.className = `check-state status status-${KINDS[state]}`;
  return holds !== false;
}

async function read(address) {
  return (await fetch(address)).json();
}

async function check() {
  const { index, base } = checker.dataset;
  const head = await read(`${base}head`);
  const [[entry], proof, key] = await Promise.all([
    read(`${base}entries?start=${index}&end=${Number(index) + 1}`),
    read(`${base}proof/inclusion?index=${index}&tree_size=${head.tree_size}`),
    read(`${base}key`),
  ]);
  const { disclosed, digest } = entry;
  const leaf = await leafOf(digest);
  const found = [
    mark("digest", disclosed && (await digestOf(disclosed.salt, disclosed.payload)) === digest),
    mark("inclusion", await included(leaf, Number(index), head.tree_size, proof.path, head.root_hash)),
    mark("signature", await signed(head, head.market, key.public_key)),
  ];
  checker.dataset.verdict = found.every(Boolean) ? "holds" : "fails";
}

if (checker) {
  const able = Boolean(globalThis.crypto?.subtle);
  part("without").hidden = able;
  part("controls").hidden = !able;
  part("check").addEventListener("click", check);
}
