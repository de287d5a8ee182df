// The footprint on the page against what the events state. How a step's amount is shared is not computed again.

const MEMBERS = { mg: "of", method: "method", verifier: "verifier" };
const bare = (name) => name.split(/[/#:]/).pop();

/** The members of the one statement in an event, by their bare names; null if there is none, or more. */
function statement(event) {
  const found = Object.keys(event).filter((name) => bare(name) === "carbon");
  const stated = found.length === 1 ? event[found[0]] : null;
  if (stated === null || typeof stated !== "object") return null;
  return Object.fromEntries(Object.entries(stated).map(([name, value]) => [bare(name), value]));
}

/**
 * Whether each amount is of a step that states it, none is more than the whole, and the total is their sum.
 * @param parts [{event, mg, of, method, verifier}] as texts, as the page has them
 * @param {string} total in milligrams
 */
export function footprintHolds(parts, total, entries) {
  let sum = 0n;
  for (const part of parts) {
    const stated = entries.filter((one) => one.event_id === part.event).map((one) => statement(one.event));
    const same = stated.some((one) => one !== null && Object.entries(MEMBERS).every(([name, own]) => String(one[name]) === part[own]));
    if (!same || BigInt(part.mg) > BigInt(part.of)) return false;
    sum += BigInt(part.mg);
  }
  return new Set(parts.map((part) => part.event)).size === parts.length && sum === BigInt(total);
}
