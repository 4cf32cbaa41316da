// Fills in 32 bytes of the browser's own (docs/protocol.md §1.2); without it the page works too, and the server makes them.

const typed = document.getElementById("register")?.elements.namedItem("contribution");

// What came back from a refusal was filled in before, or typed by hand: it stays.
if (typed?.value === "" && globalThis.crypto?.getRandomValues) {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  typed.value = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
