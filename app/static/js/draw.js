// The draw `zjcs-draw-1` checked with WebCrypto, written from docs/protocol.md §1 and §3; it knows no page.
//
// check(record, key, progress) gives one result a check, in the order of CHECKS:
//   { name, holds: true | false | null (not checked here), faults: [{ what, computed?, recorded? }] }
// `what` are codes; whoever shows them has the words.

export const CHECKS = [
  "form", "terms", "commitment", "frozen", "publish", "inclusion", "head", "beacon", "seed", "order", "signature",
];

const HEX = /^[0-9a-f]{64}$/;
const ID = /^[0-9A-Z][0-9A-Z-]{0,39}$/;
const NUMBER = /^(0|[1-9][0-9]{0,14})$/;
const REASON = /^[a-z0-9_.]+$/;
const INSTANT = /^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/;
const DAY = /^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$/;
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*$/u;
const ASCII = /^\p{ASCII}*$/u;
const HALF = /\p{Cs}/u;
const MADE = ["browser", "server", "desk"];
const DELAY = { none: null, "lottery 3d+pl5": 30, witness: 10 };
const VALUE = { "lottery 3d+pl5": /^[0-9]{3}-[0-9]{5}$/, witness: /^[0-9]{10,1000}$/ };
const FACTORS = ["95", "96", "97", "98"];
const MOST_LOTS = 1000;
const AT_ONCE = 500;

const utf8 = new TextEncoder();

export class Malformed extends Error {}

// Bytes and digests ------------------------------------------------------------------------------------------------

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytes(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return hex(await crypto.subtle.digest("SHA-256", whole));
}

const digest = (text) => sha256(utf8.encode(text));

// JSON as §3.1 allows it -------------------------------------------------------------------------------------------

const TOKEN = /\s*(?:("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?[0-9.eE+-]+)|([{}[\]:,])|(true|false|null))/y;

/** Reads the JSON in the bytes of a file, UTF-8 without a mark in front; throws Malformed. */
export function read(buffer) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(buffer);
  } catch {
    throw new Malformed("utf-8");
  }
  return strict(text);
}

/** Reads JSON without duplicate members, floats, integers from 2^53 and keys beyond ASCII; throws Malformed. */
export function strict(text) {
  const open = [];
  let last = null;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (found === null) {
      break;
    }
    const [, string, number, sign] = found;
    if (number !== undefined && !(/^-?(0|[1-9][0-9]*)$/.test(number) && Number.isSafeInteger(Number(number)))) {
      throw new Malformed("number");
    }
    if (sign === "{" || sign === "[") {
      open.push(sign === "{" ? new Set() : null);
    } else if (sign === "}" || sign === "]") {
      open.pop();
    } else if (sign === ":" && open.at(-1)) {
      const members = open.at(-1);
      if (members.has(last)) {
        throw new Malformed("twice");
      }
      if (last !== null && !ASCII.test(last)) {
        throw new Malformed("key");
      }
      members.add(last);
    }
    last = string === undefined ? null : JSON.parse(string);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed("json");
  }
}

function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
    return `{${members.join(",")}}`;
  }
  // Half a character would be written as an escape, which RFC 8785 does not allow.
  must(!(isText(value) && HALF.test(value)), "half");
  return JSON.stringify(value);
}

// Forms ------------------------------------------------------------------------------------------------------------

const is = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isText = (value) => typeof value === "string";
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isList = (each) => (value) => Array.isArray(value) && value.every(each);
const orNull = (other) => (value) => value === null || other(value);

function isInstant(value) {
  if (!is(INSTANT)(value)) {
    return false;
  }
  const there = new Date(`${value.slice(0, 23)}Z`);
  return !Number.isNaN(there.getTime()) && there.toISOString().slice(0, 23) === value.slice(0, 23);
}

const isDay = (value) => is(DAY)(value) && isInstant(`${value}T00:00:00.000000Z`);

const RECORD = {
  format: (value) => value === "zjcs-draw-1",
  market: is(ID),
  no: is(ID),
  attempt: isCount,
  frozen_text: isText,
  secret: is(HEX),
  beacon_value: orNull(is(/^[0-9-]{1,1000}$/)),
  beacon_on: orNull(isDay),
  seed: is(HEX),
  order: isList(is(ID)),
  factor: orNull(isList(is(ID))),
  judges: orNull(isList(is(ID))),
  decision: (value) => ["drawn", "unsuccessful", "void"].includes(value),
  names: (value) => isObject(value) && Object.entries(value).every(([id, name]) => ID.test(id) && is(PRINTABLE)(name)),
  drawn_at: orNull(isInstant),
  log: isObject,
};
const ENTRY = { index: isCount, salt: is(HEX), payload: isText, path: isList(is(HEX)) };
const HEAD = {
  tree_size: isCount,
  root_hash: is(HEX),
  timestamp: isInstant,
  key_id: is(/^[0-9a-f]{16}$/),
  signature: is(/^[0-9a-f]{128}$/),
};

function misshapen(value, members, where) {
  if (!isObject(value)) {
    return [where];
  }
  const names = new Set([...Object.keys(members), ...Object.keys(value)]);
  return [...names]
    .filter((name) => !(Object.hasOwn(members, name) && Object.hasOwn(value, name) && members[name](value[name])))
    .map((name) => `${where}.${name}`);
}

/** What keeps a value from being read as a record (§1.6): the places, none when its form is right. */
export function shape(record) {
  const found = misshapen(record, RECORD, "record");
  if (found.length) {
    return found;
  }
  const parts = misshapen(record.log, { publish: isObject, freeze: isObject, head: isObject }, "log");
  return parts.length
    ? parts
    : [
        ...misshapen(record.log.publish, ENTRY, "log.publish"),
        ...misshapen(record.log.freeze, ENTRY, "log.freeze"),
        ...misshapen(record.log.head, HEAD, "log.head"),
      ];
}

// The frozen text (§1.3) -------------------------------------------------------------------------------------------

function must(holds, what) {
  if (!holds) {
    throw new Malformed(what);
  }
}

function later(instant, minutes) {
  const there = new Date(Date.parse(`${instant.slice(0, 23)}Z`) + minutes * 60_000);
  return `${there.toISOString().slice(0, 23)}${instant.slice(23)}`;
}

function parsedLine(row) {
  const fields = row.split(" ");
  must(fields.length === 6, "line");
  const [id, lots, contribution, made, members, reasons] = fields;
  const line = {
    id,
    lots: Number(lots),
    contribution,
    members: members === "-" ? [] : members.split("+"),
    reasons: reasons === "-" ? [] : reasons.split(","),
  };
  const ascending = (list) => list.every((one, place) => place === 0 || list[place - 1] < one);
  must(ID.test(id) && NUMBER.test(lots) && HEX.test(contribution) && MADE.includes(made), "line");
  must(line.members.every((member) => ID.test(member) && member !== id) && ascending(line.members), "line");
  must(line.reasons.every((reason) => REASON.test(reason)) && ascending(line.reasons), "line");
  must(line.lots <= MOST_LOTS && (line.lots === 0) === line.reasons.length > 0, "line");
  return line;
}

/** Reads a frozen text; throws Malformed unless it is written exactly as §1.3 says. */
export function parseFrozen(text) {
  const rows = text.split("\n");
  must(rows.length >= 9 && rows[0] === "zjcs-frozen-1" && rows.at(-1) === "", "rows");
  const [, market, no, attempt, frozenAt, counts, commitment, beaconLine] = rows;
  const [winners, alternates, ...rest] = counts.split(" ");
  must(ID.test(market) && ID.test(no) && NUMBER.test(attempt) && Number(attempt) >= 1, "terms");
  must(isInstant(frozenAt) && HEX.test(commitment), "terms");
  must(NUMBER.test(winners) && NUMBER.test(alternates ?? "") && rest.length === 0, "terms");
  const rule = beaconLine.split(" after ")[0];
  must(Object.hasOwn(DELAY, rule), "beacon");
  const after = DELAY[rule] === null ? null : later(frozenAt, DELAY[rule]);
  must(beaconLine === (after === null ? rule : `${rule} after ${after}`), "beacon");
  const lines = rows.slice(8, -1).map(parsedLine);
  must(lines.every((line, place) => place === 0 || lines[place - 1].id < line.id), "ascending");
  return {
    market, no, attempt: Number(attempt), frozenAt, winners: Number(winners), alternates: Number(alternates),
    commitment, rule, after, lines,
  };
}

// The draw (§1.4, §1.5) --------------------------------------------------------------------------------------------

/** The seed of an attempt; `value` null stands as `-`. */
export function seedOf(frozen, secret, value) {
  const rows = [
    "zjcs-draw-1", frozen.market, frozen.no, frozen.attempt, secret, value ?? "-",
    ...frozen.lines.map((line) => `${line.id} ${line.contribution}`),
  ];
  return digest(rows.map((row) => `${row}\n`).join(""));
}

async function smallest(seed, purpose, id, lots) {
  let least = null;
  for (let first = 1; first <= lots; first += AT_ONCE) {
    const many = Array.from({ length: Math.min(AT_ONCE, lots - first + 1) }, (_, step) =>
      digest(`${seed} ${purpose} ${id} ${first + step}`));
    for (const ticket of await Promise.all(many)) {
      least = least === null || ticket < least ? ticket : least;
    }
  }
  return least;
}

/** All ids with at least one lot, ascending by (smallest ticket, id). `progress(done, all)` now and then. */
export async function orderOf(seed, purpose, entrants, progress = () => {}) {
  const tickets = [];
  const taking = entrants.filter(([, lots]) => lots > 0);
  for (let first = 0; first < taking.length; first += 100) {
    const part = taking.slice(first, first + 100);
    const found = await Promise.all(part.map(([id, lots]) => smallest(seed, purpose, id, lots)));
    part.forEach(([id], place) => tickets.push([found[place], id]));
    progress(tickets.length, taking.length);
  }
  tickets.sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1));
  return tickets.map(([, id]) => id);
}

// The log (§3) -----------------------------------------------------------------------------------------------------

/** Whether a leaf stands at an index of the tree of `size` leaves with this root: RFC 9162 §2.1.3.2. */
export async function included(leaf, index, size, path, root) {
  if (index >= size) {
    return false;
  }
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  let value = leaf;
  const node = (left, right) => sha256(Uint8Array.of(1), bytes(left), bytes(right));
  for (const step of path) {
    if (last === 0n) {
      return false;
    }
    if (place & 1n || place === last) {
      value = await node(step, value);
      while (!(place & 1n) && place) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      value = await node(value, step);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n && value === root;
}

/** The digest of an entry from its salt and payload (§3.2). */
export const digestOf = (salt, payload) => digest(`${salt}\n${payload}\n`);

/** The leaf hash of an entry from its digest (§3.2). */
export const leafOf = (entry) => sha256(Uint8Array.of(0), utf8.encode(`zjcs-log-1\n${entry}\n`));

function payloadOf(text) {
  const payload = strict(text);
  const sound =
    isObject(payload) && canonical(payload) === text && payload.format === "zjcs-act-1" && isText(payload.act) &&
    isInstant(payload.at) && isObject(payload.public) && isList(isText)(payload.subjects);
  must(sound, "payload");
  return payload;
}

/** Whether a head's signature is its key's; null where this browser has no Ed25519, or the key is another one. */
export async function signed(head, market, key) {
  if (!key || (await sha256(bytes(key))).slice(0, 16) !== head.key_id) {
    return null;
  }
  const text = `zjcs-sth-1\n${market}\n${head.tree_size}\n${head.root_hash}\n${head.timestamp}\n`;
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", bytes(key), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, bytes(head.signature), utf8.encode(text));
}

// The checks -------------------------------------------------------------------------------------------------------

async function ofEntry(name, record, frozen) {
  const faults = [];
  const entry = record.log[name];
  const act = { publish: "announcement.publish", freeze: "selection.freeze" }[name];
  let payload;
  try {
    payload = payloadOf(entry.payload);
  } catch (error) {
    if (!(error instanceof Malformed)) {
      throw error;
    }
    return { faults: [{ what: `${name}.payload` }], at: null };
  }
  const about = payload.subjects.filter((subject) => subject.startsWith("announcement:"));
  if (payload.act !== act || about.length !== 1 || about[0] !== `announcement:${frozen.no}`) {
    faults.push({ what: `${name}.subject` });
  }
  const said = {
    publish: { attempt: frozen.attempt, beacon_rule: frozen.rule, commitment: frozen.commitment },
    freeze: { attempt: frozen.attempt, frozen: await digest(record.frozen_text) },
  }[name];
  for (const [member, computed] of Object.entries(said)) {
    if (payload.public[member] !== computed) {
      faults.push({ what: `${name}.${member}`, computed, recorded: payload.public[member] });
    }
  }
  return { faults, at: payload.at };
}

async function ofInclusion(record, frozen, times) {
  const { publish, freeze, head } = record.log;
  const faults = [];
  for (const [name, entry] of [["publish", publish], ["freeze", freeze]]) {
    const leaf = await leafOf(await digestOf(entry.salt, entry.payload));
    if (!(await included(leaf, entry.index, head.tree_size, entry.path, head.root_hash))) {
      faults.push({ what: `${name}.path` });
    }
  }
  if (publish.index >= freeze.index) {
    faults.push({ what: "index" });
  }
  if (times.publish !== null && times.publish >= frozen.frozenAt) {
    faults.push({ what: "publish.late" });
  }
  if (times.freeze !== null && times.freeze < frozen.frozenAt) {
    faults.push({ what: "freeze.early" });
  }
  return faults;
}

function ofBeacon(record, frozen) {
  const { beacon_value: value, beacon_on: on, decision, drawn_at: drawnAt } = record;
  const faults = [];
  let earliest = frozen.frozenAt;
  if ((value === null) !== (on === null)) {
    faults.push({ what: "beacon.half" });
  }
  if (frozen.after === null) {
    if (value !== null) {
      faults.push({ what: "beacon.unasked" });
    }
  } else if (value === null) {
    if (decision === "drawn") {
      faults.push({ what: "beacon.missing" });
    }
  } else if (!VALUE[frozen.rule].test(value)) {
    faults.push({ what: "beacon.form" });
  } else if (on !== null) {
    // Times of day in Asia/Shanghai, UTC+8: drawings from 20:00, typed from 22:00; a witness until the day's end.
    const witness = frozen.rule === "witness";
    const drawings = witness ? `${on}T15:59:59.999999Z` : `${on}T12:00:00.000000Z`;
    const typed = `${on}T14:00:00.000000Z`;
    if (drawings < frozen.after) {
      faults.push({ what: "beacon.early" });
    }
    earliest = witness || frozen.after > typed ? frozen.after : typed;
  }
  if (decision === "drawn" && drawnAt === null) {
    faults.push({ what: "drawn.missing" });
  }
  if (drawnAt !== null && drawnAt < earliest) {
    faults.push({ what: "drawn.early" });
  }
  return faults;
}

async function ofOrder(record, frozen, seed, progress) {
  const entrants = frozen.lines.map((line) => [line.id, line.lots]);
  const ranking = await orderOf(seed, "order", entrants, progress);
  const differs = (one, other) => one.length !== other.length || one.some((id, place) => id !== other[place]);
  const faults = [];
  if (differs(record.order, ranking)) {
    faults.push({ what: "order", computed: ranking.join(" "), recorded: record.order.join(" ") });
  }
  if (record.factor !== null && differs(record.factor, await orderOf(seed, "factor", FACTORS.map((k) => [k, 1])))) {
    faults.push({ what: "factor" });
  }
  if (record.judges !== null && differs(record.judges, await orderOf(seed, "judge", [...new Set(record.judges)].map((no) => [no, 1])))) {
    faults.push({ what: "judges" });
  }
  if (record.decision === "drawn" && ranking.length === 0) {
    faults.push({ what: "nobody" });
  }
  return faults;
}

const unequal = (what, computed, recorded) => (computed === recorded ? [] : [{ what, computed, recorded }]);

/** Every check of a record, as told on top; `key` is the market's public key in hex, "" where it is not known. */
export async function* check(record, key = "", progress = () => {}) {
  const places = shape(record);
  let frozen = null;
  if (!places.length) {
    try {
      frozen = parseFrozen(record.frozen_text);
    } catch (error) {
      if (!(error instanceof Malformed)) {
        throw error;
      }
      places.push("frozen_text");
    }
  }
  const result = (name, faults) => ({ name, holds: faults.length === 0, faults });
  yield result("form", places.map((place) => ({ what: "form", recorded: place })));
  if (frozen === null) {
    return;
  }
  const terms = (one) => `${one.market} ${one.no} ${one.attempt}`;
  yield result("terms", unequal("terms", terms(frozen), terms(record)));
  yield result("commitment", unequal("commitment", await sha256(bytes(record.secret)), frozen.commitment));
  const publish = await ofEntry("publish", record, frozen);
  const freeze = await ofEntry("freeze", record, frozen);
  yield result("frozen", freeze.faults);
  yield result("publish", publish.faults);
  yield result("inclusion", await ofInclusion(record, frozen, { publish: publish.at, freeze: freeze.at }));
  const late = frozen.after !== null && record.log.head.timestamp >= frozen.after && record.decision !== "void";
  yield result("head", late ? [{ what: "head.late", computed: frozen.after, recorded: record.log.head.timestamp }] : []);
  yield result("beacon", ofBeacon(record, frozen));
  const seed = await seedOf(frozen, record.secret, record.beacon_value);
  yield result("seed", unequal("seed", seed, record.seed));
  yield result("order", await ofOrder(record, frozen, seed, progress));
  const holds = await signed(record.log.head, record.market, key);
  yield { name: "signature", holds, faults: holds === false ? [{ what: "signature" }] : [] };
}
