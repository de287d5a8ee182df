// The form of lading-bundle/1: these members and no others. What a verifier refuses is not checked here either.

import { compared, utf8 } from "./bytes.js";

const MAX_BYTES = 4 << 20;
const MAX_DEPTH = 32;
const MAX_LISTED = 1000;
const MAX_PROOF = 33;
const MAX_SIBLINGS = 256;
const MAX_THING = 2000;

const hex = (size) => (value) => typeof value === "string" && value.length === 2 + 2 * size && /^0x[0-9a-f]*$/.test(value);
const whole = (least, below) => (value) => Number.isSafeInteger(value) && value >= least && value < below;
const text = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const list = (each, most) => (value) => Array.isArray(value) && value.length <= most && value.every(each);
const orNull = (form) => (value) => value === null || form(value);
const object = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const members = (forms) => (value) =>
  object(value) &&
  Object.keys(value).length === Object.keys(forms).length &&
  Object.entries(forms).every(([name, form]) => Object.hasOwn(value, name) && form(value[name]));

const hash = hex(32);
const address = hex(20);
const counted = whole(1, Number.MAX_SAFE_INTEGER + 1);
const index = whole(0, 2 ** 48);
const batch = members({ root: hash, items_root: hash, writer: address, count: whole(1, 2 ** 32) });

const entry = members({
  event: object,
  event_id: text(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/),
  publisher: hash,
  index,
  batch,
  salt: hash,
  proof: list(hash, MAX_PROOF),
});

const map = members({
  publisher: hash,
  index,
  batch,
  thing: (value) => typeof value === "string" && value.length > 0 && value.length <= MAX_THING,
  count: whole(0, Number.MAX_SAFE_INTEGER + 1),
  head: hash,
  siblings: list(orNull(hash), MAX_SIBLINGS),
  other: orNull(members({ key: hash, count: counted, head: hash })),
});

const bundle = members({
  format: (value) => value === "lading-bundle/1",
  item: text(/^urn:epc:id:[a-z]+:.{1,190}$/),
  chain: members({ chain_id: counted, genesis: hash, participant_registry: address, provenance_registry: address }),
  entries: list(entry, MAX_LISTED),
  maps: list(map, MAX_LISTED),
});

/** Whether it is a bundle: each member of its form, not too deep, and the maps in their order, each once. */
export function isBundle(value, size) {
  return size <= MAX_BYTES && bundle(value) && depth(value) <= MAX_DEPTH && ascends(value.maps);
}

function depth(value) {
  if (value === null || typeof value !== "object") return 0;
  return 1 + Object.values(value).reduce((deepest, one) => Math.max(deepest, depth(one)), 0);
}

function ascends(maps) {
  return maps.every((one, place) => {
    if (place === 0) return true;
    const before = maps[place - 1];
    if (before.publisher !== one.publisher) return before.publisher < one.publisher;
    return before.thing !== one.thing && isBefore(utf8(before.thing), utf8(one.thing));
  });
}

function isBefore(one, other) {
  const shared = Math.min(one.length, other.length);
  return (compared(one.subarray(0, shared), other.subarray(0, shared)) || one.length - other.length) < 0;
}
