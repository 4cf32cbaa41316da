// Replaces the server's 32 bytes by the browser's own (docs/protocol.md §1.2), and says so; without it the page works too.

const form = document.getElementById("register");
const made = form?.elements.namedItem("made");

// What came back from a refusal was replaced before, or typed by hand: it stays.
if (made?.value === "server" && globalThis.crypto?.getRandomValues) {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  form.elements.namedItem("contribution").value = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  made.value = "browser";
}
