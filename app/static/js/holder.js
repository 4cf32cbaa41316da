// Makes an X25519 key on this computer: the private half becomes a file, the public half is filled in. Nothing is sent.

const maker = document.getElementById("holder-key");
const part = (name) => maker.querySelector(`[data-part="${name}"]`);

function pem(label, bytes) {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return `-----BEGIN ${label}-----\n${text.match(/.{1,64}/g).join("\n")}\n-----END ${label}-----\n`;
}

async function make() {
  return crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
}

function save(text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  link.download = maker.dataset.file;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function offer() {
  try {
    await make();
  } catch {
    return; // No WebCrypto here, or none that knows X25519: the commands stay.
  }
  part("without").hidden = true;
  part("controls").hidden = false;
  part("make").addEventListener("click", async () => {
    const { privateKey, publicKey } = await make();
    save(pem("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", privateKey)));
    document.getElementById("enrol").elements.namedItem("public").value = pem(
      "PUBLIC KEY",
      await crypto.subtle.exportKey("spki", publicKey),
    );
    part("made").hidden = false;
  });
}

if (maker) {
  await offer();
}
