// Whether an event names a thing, for trade items with a serial, (01)…(21)…, and logistic units, (00)…, in the two
// forms in which events name them: EPC URIs and GS1 Digital Links.

const LISTS = ["epcList", "childEPCs", "inputEPCList", "outputEPCList"];
const KNOWN = /^https:\/\/id\.gs1\.org\/(?:01\/\d{14}\/21\/|00\/\d{18}$)/;
const PLAIN = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const KEPT = /[0-9A-Za-z\-._~';=]/;

/** Whether this page can tell in which events the thing is named: it knows no other kinds. */
export const isKnown = (thing) => KNOWN.test(thing);

/** Of a thing that is known. */
export function namesThing(event, thing) {
  const named = LISTS.flatMap((list) => (Array.isArray(event[list]) ? event[list] : []));
  if (event.parentID !== undefined) named.push(event.parentID);
  return named.some((text) => typeof text === "string" && canonicalThing(text) === thing);
}

/** The canonical Digital Link of a trade item or logistic unit; any other text as it is. */
export function canonicalThing(text) {
  try {
    return fromUri(text) ?? fromLink(text) ?? text;
  } catch {
    return text;
  }
}

function fromUri(text) {
  const item = /^urn:epc:id:sgtin:(\d{6,12})\.(\d+)\.(.+)$/s.exec(text);
  if (item) {
    const [, prefix, reference, serial] = item;
    if (prefix.length + reference.length !== 13) return null;
    return tradeItem(completed(reference[0] + prefix + reference.slice(1)), serial);
  }
  const unit = /^urn:epc:id:sscc:(\d{6,12})\.(\d+)$/.exec(text);
  if (!unit || unit[1].length + unit[2].length !== 17) return null;
  return `https://id.gs1.org/00/${completed(unit[2][0] + unit[1] + unit[2].slice(1))}`;
}

function fromLink(text) {
  const link = /^https?:\/\/[^/?#]+(\/[^?#]*)(?:[?#].*)?$/is.exec(text);
  if (!link) return null;
  const parts = link[1].replace(/^\/+|\/+$/g, "").split("/");
  const names = { gtin: "01", sscc: "00", ser: "21", lot: "10", cpv: "22" };
  const start = parts.findIndex((part, place) => {
    const value = parts[place + 1] ?? "";
    const ai = names[part] ?? part;
    return (ai === "01" && /^(\d{8}|\d{12,14})$/.test(value)) || (ai === "00" && /^\d{18}$/.test(value));
  });
  if (start < 0) return null;
  const rest = parts.slice(start + 2);
  if ((names[parts[start]] ?? parts[start]) === "00") return rest.length ? null : `https://id.gs1.org/00/${parts[start + 1]}`;
  if (rest.length % 2) return null;
  const qualifiers = new Map();
  for (let place = 0; place < rest.length; place += 2) {
    const name = names[rest[place]] ?? rest[place];
    if (!["22", "10", "21"].includes(name) || qualifiers.has(name)) return null;
    qualifiers.set(name, rest[place + 1]);
  }
  return qualifiers.has("21") ? tradeItem(parts[start + 1].padStart(14, "0"), qualifiers.get("21")) : null;
}

function tradeItem(gtin, escapedSerial) {
  const serial = decodeURIComponent(escapedSerial);
  if (!PLAIN.test(serial)) return null;
  const escaped = Array.from(serial, (sign) =>
    KEPT.test(sign) ? sign : "%" + sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"),
  );
  return `https://id.gs1.org/01/${gtin}/21/${escaped.join("")}`;
}

/** With its check digit (GS1 General Specifications, section 7.9.1). */
function completed(digits) {
  const sum = Array.from(digits).reverse().reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 1 : 3), 0);
  return digits + String((10 - (sum % 10)) % 10);
}
