// The proofs of a bundle, computed again: contents, leaves, batches, item maps. Formats: docs/web.md.

import { bigEndian, bytesOf, canonical, compared, hexOf, joined, same, sha256, utf8 } from "./bytes.js";
import { keccak256 } from "./keccak.js";
import { isBundle } from "./form.js";

const EVENT_LEAF = keccak256(utf8("lading.event-leaf.v1"));
const EVENT_ID = /^ni:\/\/\/sha-256;([0-9a-f]{64})\?ver=CBV2\.0$/;
const ZERO = new Uint8Array(32);
const DIGEST_BYTES = 27;
const MAX_DEPTH = 256;

/**
 * Reads the file: null unless its bytes are the one canonical form of a bundle.
 * @param {ArrayBuffer} buffer
 */
export function read(buffer) {
  try {
    const source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(buffer);
    const bundle = JSON.parse(source);
    return isBundle(bundle, buffer.byteLength) && canonical(bundle) === source ? bundle : null;
  } catch {
    return null;
  }
}

/** SHA-256 of the whole event's RFC 8785 form. */
export async function contentHash(event) {
  return sha256(utf8(canonical(event)));
}

/** The leaf's hash: content, CBV event id and salt, under a tag, hashed twice. */
export async function leafOf(entry) {
  const id = EVENT_ID.exec(entry.event_id);
  if (!id) throw new Error("not an event id");
  const content = await contentHash(entry.event);
  return keccak256(keccak256(joined(EVENT_LEAF, bytesOf("0x" + id[1], 32), content, bytesOf(entry.salt, 32))));
}

/** Whether the proof leads from the leaf to the root of a batch of `count` leaves. */
export function isInBatch(leaf, proof, root, count) {
  if (!Number.isSafeInteger(count) || count < 1) return false;
  const bits = (number) => number.toString(2).length;
  const shortest = bits(count) - 1;
  const longest = bits(2 * count - 1) - 1;
  if (proof.length < shortest || proof.length > longest) return false;
  let node = leaf;
  for (const sibling of proof.map((hex) => bytesOf(hex, 32))) {
    node = keccak256(compared(node, sibling) < 0 ? joined(node, sibling) : joined(sibling, node));
  }
  return same(node, bytesOf(root, 32));
}

/** What the chain keeps of a batch, 0x hex of 27 bytes: it binds root, item map, writer and count. */
export function batchDigest(batch) {
  const count = bigEndian(batch.count, 32);
  const parts = [bytesOf(batch.root, 32), bytesOf(batch.items_root, 32), joined(new Uint8Array(12), bytesOf(batch.writer, 20))];
  return hexOf(keccak256(joined(...parts, count)).slice(0, DIGEST_BYTES));
}

const mapLeaf = (key, count, head) => sha256(joined(Uint8Array.of(0), key, bigEndian(count, 8), head));
const mapNode = (left, right) => sha256(joined(Uint8Array.of(1), left, right));

/** The root that a map's proof leads to, null if the proof contradicts itself. Siblings run from the thing up. */
export async function mapRoot(map) {
  const key = await sha256(utf8(map.thing));
  const siblings = map.siblings.map((hex) => (hex === null ? ZERO : bytesOf(hex, 32)));
  const empty = map.siblings.map((hex) => hex === null);
  // A subtree with one leaf is that leaf, so the lowest sibling is never empty.
  if (siblings.length > MAX_DEPTH || empty[0] || siblings.some((bytes, place) => !empty[place] && same(bytes, ZERO))) return null;
  const bit = (bytes, depth) => (bytes[depth >> 3] >> (7 - (depth & 7))) & 1;
  let node;
  if (map.count > 0) {
    if (map.other !== null) return null;
    node = await mapLeaf(key, map.count, bytesOf(map.head, 32));
  } else if (map.other === null) {
    if (!same(bytesOf(map.head, 32), ZERO)) return null;
    node = ZERO;
  } else {
    const other = bytesOf(map.other.key, 32);
    if (same(other, key) || map.other.count < 1 || !same(bytesOf(map.head, 32), ZERO)) return null;
    for (let depth = 0; depth < siblings.length; depth++) if (bit(other, depth) !== bit(key, depth)) return null;
    node = await mapLeaf(other, map.other.count, bytesOf(map.other.head, 32));
  }
  for (const [height, sibling] of siblings.entries()) {
    node = bit(key, siblings.length - 1 - height) ? await mapNode(sibling, node) : await mapNode(node, sibling);
  }
  return node;
}

/** Head of the hash chain over the leaves. */
export async function chainHead(leaves) {
  let head = ZERO;
  for (const leaf of leaves) head = await sha256(joined(Uint8Array.of(2), head, leaf));
  return head;
}

export const place = (one) => `${one.publisher}/${one.index}`;

/**
 * Each entry by itself.
 * @param bundle as `read` gives it
 * @param {Map<string, string|null>} digests place -> what the chain keeps there; empty if no chain was asked
 * @returns {{steps: {ok: boolean, anchored: boolean|null, why: string|null}[], leaves: (Uint8Array|null)[]}}
 */
export async function checkEntries(bundle, digests) {
  const steps = [];
  const leaves = [];
  for (const entry of bundle.entries) {
    const [step, leaf] = await checkEntry(entry, digests);
    steps.push(step);
    leaves.push(leaf);
  }
  return { steps, leaves };
}

async function checkEntry(entry, digests) {
  let leaf;
  try {
    leaf = await leafOf(entry);
  } catch {
    return [{ ok: false, anchored: null, why: "bad_content" }, null];
  }
  let within = false;
  try {
    within = isInBatch(leaf, entry.proof, entry.batch.root, entry.batch.count);
  } catch {
    // A proof that cannot be read proves nothing.
  }
  if (!within) return [{ ok: false, anchored: null, why: "bad_leaf" }, leaf];
  const anchored = isAnchored(entry, digests);
  return [{ ok: anchored !== false, anchored, why: anchored === false ? "bad_anchor" : null }, leaf];
}

function isAnchored(one, digests) {
  if (!digests.has(place(one))) return digests.size ? false : null;
  try {
    return digests.get(place(one)) === batchDigest(one.batch);
  } catch {
    return false;
  }
}
