// Bytes, hexadecimal, and the one canonical form of JSON (RFC 8785).

/** Lower-case 0x hex of exactly `size` bytes, or an error. */
export function bytesOf(hex, size) {
  if (typeof hex !== "string" || hex.length !== 2 + 2 * size || !/^0x[0-9a-f]*$/.test(hex)) {
    throw new Error(`not 0x and ${2 * size} lower-case hexadecimal digits`);
  }
  const made = new Uint8Array(size);
  for (let place = 0; place < size; place++) made[place] = parseInt(hex.slice(2 + 2 * place, 4 + 2 * place), 16);
  return made;
}

export function hexOf(bytes) {
  return "0x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function joined(...parts) {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    made.set(part, place);
    place += part.length;
  }
  return made;
}

/** An integer of at most 53 bits as `size` bytes, big end first. */
export function bigEndian(number, size) {
  if (!Number.isSafeInteger(number) || number < 0) throw new Error("not a whole number");
  const made = new Uint8Array(size);
  for (let place = size - 1, left = number; left > 0; place--) {
    if (place < 0) throw new Error("too large a number");
    made[place] = left % 256;
    left = Math.floor(left / 256);
  }
  return made;
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** -1, 0 or 1, byte by byte. */
export function compared(one, other) {
  for (let place = 0; place < one.length; place++) {
    if (one[place] !== other[place]) return one[place] < other[place] ? -1 : 1;
  }
  return 0;
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** RFC 8785: members sorted by UTF-16 units, numbers and texts as ECMAScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${text(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  if (typeof value === "string") return text(value);
  return JSON.stringify(value);
}

function text(value) {
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) {
    throw new Error("half of a character");
  }
  return JSON.stringify(value);
}

export const utf8 = (value) => new TextEncoder().encode(value);
