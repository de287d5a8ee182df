// Whether all is there: which counts the bundle has to have, and whether its events are those that they count.

import { bytesOf, same } from "./bytes.js";
import { batchDigest, chainHead, mapRoot, place } from "./proof.js";
import { canonicalThing, isKnown, namesThing } from "./things.js";

const PACKING = ["AggregationEvent", "AssociationEvent"];

/** The item, and everything that it may have been in at any time: what packing events put it into, outwards. */
export function holdersOf(item, events) {
  const inside = new Map();
  for (const event of events.filter((one) => PACKING.includes(one.type) && ["ADD", "OBSERVE"].includes(one.action))) {
    if (typeof event.parentID !== "string" || !Array.isArray(event.childEPCs)) continue;
    for (const child of event.childEPCs.filter((one) => typeof one === "string").map(canonicalThing)) {
      if (!inside.has(child)) inside.set(child, new Set());
      inside.get(child).add(canonicalThing(event.parentID));
    }
  }
  const found = new Set([item]);
  for (const thing of found) for (const holder of inside.get(thing) ?? []) found.add(holder);
  return [...found];
}

/**
 * Each publisher's count of each thing that matters, and whatever else the bundle counts.
 * States: ok; unasked, open, stale, missing (all may not be here); bad (all is not here, or the count is forged).
 * @param {Map<string, number>} batches of each publisher's log; without a publisher where nobody was asked
 */
export async function checkMaps(bundle, leaves, digests, batches) {
  const events = bundle.entries.map((entry) => entry.event);
  const wanted = holdersOf(canonicalThing(bundle.item), events);
  const has = new Set(bundle.maps.map((map) => `${map.publisher} ${map.thing}`));
  const shown = [];
  for (const publisher of new Set(bundle.entries.map((entry) => entry.publisher))) {
    for (const thing of wanted) if (!has.has(`${publisher} ${thing}`)) shown.push({ publisher, thing, count: 0, state: "missing" });
  }
  for (const map of bundle.maps) {
    const state = await stateOf(map, bundle.entries, leaves, digests, batches);
    shown.push({ publisher: map.publisher, thing: map.thing, count: map.count, state });
  }
  return shown;
}

async function stateOf(map, entries, leaves, digests, batches) {
  try {
    const root = await mapRoot(map);
    const proven = root !== null && same(root, bytesOf(map.batch.items_root, 32));
    if (!proven || (digests.size && digests.get(place(map)) !== batchDigest(map.batch))) return "bad";
    const known = isKnown(map.thing);
    if (known && !(await folds(map, entries, leaves))) return "bad";
    const log = batches.get(map.publisher);
    if (log !== undefined && map.index < log - 1) return "stale";
    if (!known) return "open";
    return log === undefined || !digests.size ? "unasked" : "ok";
  } catch {
    return "bad";
  }
}

/** The map speaks of the log up to its batch. */
async function folds(map, entries, leaves) {
  const own = entries.map((entry, number) => ({ entry, leaf: leaves[number] })).filter(({ entry }) => {
    return entry.publisher === map.publisher && entry.index <= map.index && namesThing(entry.event, map.thing);
  });
  if (own.length !== map.count || own.some(({ leaf }) => leaf === null)) return false;
  return same(await chainHead(own.map(({ leaf }) => leaf)), bytesOf(map.head, 32));
}
