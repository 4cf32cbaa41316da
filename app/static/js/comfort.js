// Makes finished pages more comfortable: a button beside each hash that copies it. Nothing depends on it.

if (navigator.clipboard) {
  for (const code of document.querySelectorAll("code[data-copy]")) {
    const [before, after] = code.dataset.words.split(" ");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = before;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.dataset.copy);
      button.textContent = after;
    });
    code.after(button);
  }
}
