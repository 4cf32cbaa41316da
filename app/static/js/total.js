// On the offer for several items: says the sum while the parts are typed. Nothing is sent; without it the market adds up.

const total = document.getElementById("total");
const parts = [...document.querySelectorAll('main form.act input[name^="amount_"]')];
const MONEY = /^\d{1,3}(,\d{3})*(\.\d{1,2})?$|^\d{1,12}(\.\d{1,2})?$/;

function fen(text) {
  const [yuan, rest = ""] = text.replaceAll(",", "").split(".");
  return BigInt(yuan) * 100n + BigInt(rest.padEnd(2, "0") || 0);
}

function add() {
  const typed = parts.map((part) => part.value.trim());
  if (!typed.every((text) => MONEY.test(text))) {
    total.textContent = total.dataset.empty;
    return;
  }
  const sum = typed.map(fen).reduce((one, other) => one + other, 0n);
  const yuan = (sum / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  total.textContent = `${yuan}.${(sum % 100n).toString().padStart(2, "0")} 元`;
}

if (total && parts.length) {
  add();
  for (const part of parts) part.addEventListener("input", add);
}
