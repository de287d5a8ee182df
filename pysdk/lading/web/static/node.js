// Asks an Ethereum node of the visitor's own (JSON-RPC over HTTPS) what it keeps of a bundle's batches.

import { bigEndian, bytesOf, hexOf, joined, utf8 } from "./bytes.js";
import { keccak256 } from "./keccak.js";

const READ_ANCHOR = keccak256(utf8("anchorOf(bytes32,uint48)")).slice(0, 4);
const READ_HEAD = keccak256(utf8("logHead(bytes32)")).slice(0, 4);
const AT_ONCE = 6;
const TIMEOUT_MS = 15000;

/** `why` is the name of the page's sentence about it. */
export class NodeProblem extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

async function request(url, method, params) {
  let answer;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.json();
  } catch {
    throw new NodeProblem("node_unreachable");
  }
  if (answer?.result === undefined || answer.result === null) throw new NodeProblem("node_unreachable");
  return answer.result;
}

/** The digest in the word that the chain keeps of a batch, null where it has none. */
const digestIn = (words) => (/^0x(?!0{54})[0-9a-f]{64,}$/.test(words) ? words.slice(0, 56) : null);

/** How many batches a log has: the second word of its head. */
function batchesIn(words) {
  if (!/^0x[0-9a-f]{192}$/.test(words)) throw new NodeProblem("node_unreachable");
  return Number("0x" + words.slice(66, 130));
}

/**
 * What the node says as of one block, of each [publisher, index].
 * @returns {{block: number, digests: Map<string, string|null>, batches: Map<string, number>}}
 */
export async function askNode(url, registry, chain, places) {
  if (!/^https?:\/\/\S+$/.test(url) || !/^0x[0-9a-fA-F]{40}$/.test(registry)) throw new NodeProblem("node_bad_url");
  if (registry.toLowerCase() !== chain.provenance_registry) throw new NodeProblem("node_other_registry");
  const [id, first, head] = await Promise.all([
    request(url, "eth_chainId", []),
    request(url, "eth_getBlockByNumber", ["0x0", false]),
    request(url, "eth_blockNumber", []),
  ]);
  if (Number(id) !== chain.chain_id || first.hash !== chain.genesis) throw new NodeProblem("node_wrong_chain");
  const call = (...parts) => request(url, "eth_call", [{ to: registry, data: hexOf(joined(...parts)) }, head]);
  const digests = new Map();
  await inTurn(places, async ([publisher, index]) => {
    digests.set(`${publisher}/${index}`, digestIn(await call(READ_ANCHOR, bytesOf(publisher, 32), bigEndian(index, 32))));
  });
  const batches = new Map();
  await inTurn([...new Set(places.map(([publisher]) => publisher))], async (publisher) => {
    batches.set(publisher, batchesIn(await call(READ_HEAD, bytesOf(publisher, 32))));
  });
  return { block: Number(head), digests, batches };
}

/** A few at once: nodes for everyone turn away who asks too much. */
async function inTurn(all, ask) {
  for (let start = 0; start < all.length; start += AT_ONCE) await Promise.all(all.slice(start, start + AT_ONCE).map(ask));
}
