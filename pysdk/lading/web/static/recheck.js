// Computes the proofs of the item on this page again, and says beside each step what came out.

import { canonical } from "./bytes.js";
import { footprintHolds } from "./carbon.js";
import { checkMaps } from "./complete.js";
import { askNode, NodeProblem } from "./node.js";
import { checkEntries, place, read } from "./proof.js";

const section = document.getElementById("recheck");
const words = JSON.parse(section.dataset.words);
const outcome = document.getElementById("recheck-result");
const source = document.getElementById("recheck-source");
const alarm = document.getElementById("alarm");
const short = document.getElementById("recheck-short");
const counts = document.getElementById("recheck-counts");
const list = document.getElementById("recheck-list");
const form = document.getElementById("node-form");
const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

let bundle = null;
const NOBODY = { digests: new Map(), batches: new Map() };

function tell(state, text, from = "") {
  outcome.dataset.state = state;
  outcome.textContent = text;
  source.textContent = from;
  document.body.dataset.recheck = state;
  short.hidden = state !== "ok";
  short.dataset.state = state;
  short.textContent = state === "ok" ? words.recheck_short : "";
  alarm.hidden = state !== "bad";
  alarm.textContent = state === "bad" ? `${text} (${from})` : "";
}

/** The page's steps have to be the file's: same number, each once, same event. */
function pageShows(entries) {
  const shown = [...document.querySelectorAll(".step")];
  const places = new Set(shown.map((step) => step.dataset.entry));
  return (
    shown.length === entries.length &&
    places.size === entries.length &&
    shown.every((step) => entries[Number(step.dataset.entry)]?.event_id === step.dataset.eventId)
  );
}

function showSteps(steps) {
  for (const element of document.querySelectorAll(".step")) {
    const step = steps[Number(element.dataset.entry)] ?? { ok: false, anchored: null, why: "bad_shown" };
    const line = element.querySelector(".checked");
    const fine = step.anchored ? say("step_ok") : say("step_ok_unanchored");
    line.dataset.state = step.ok ? "ok" : "bad";
    line.textContent = step.ok ? fine : `${say("step_bad")}: ${say(step.why)}`;
  }
}

/** By the name that the page gives the publisher of a step. */
function signer(publisher) {
  const steps = [...document.querySelectorAll(".step")];
  return steps.find((step) => step.dataset.publisher === publisher)?.dataset.signer ?? `${publisher.slice(0, 10)}…`;
}

/** As on a label: (01) 09521141123454 (21) 1001. */
function printed(thing) {
  const path = /^https:\/\/id\.gs1\.org\/(\d+)\/([^/]+)(?:\/(\d+)\/(.+))?$/.exec(thing);
  return path ? `(${path[1]}) ${path[2]}` + (path[3] ? ` (${path[3]}) ${path[4]}` : "") : thing;
}

function showMaps(maps) {
  counts.hidden = maps.length === 0;
  counts.open = maps.some((map) => map.state !== "ok");
  list.replaceChildren(
    ...maps.map((map) => {
      const line = document.createElement("li");
      line.dataset.state = map.state;
      line.textContent = say(`map_state_${map.state}`, { who: signer(map.publisher), count: map.count, thing: printed(map.thing) });
      return line;
    }),
  );
}

/** What the page shows of the footprint, null if it shows none. */
function footprintShown() {
  const element = document.getElementById("footprint");
  if (!element?.dataset.mg) return null;
  return { total: element.dataset.mg, parts: [...element.querySelectorAll("[data-event]")].map((part) => part.dataset) };
}

function showFootprint(footprint) {
  const line = document.getElementById("footprint-checked");
  if (footprint === null || line === null) return true;
  const holds = footprintHolds(footprint.parts, footprint.total, bundle.entries);
  line.dataset.state = holds ? "ok" : "bad";
  line.textContent = holds ? say("recheck_carbon") : `${say("step_bad")}: ${say("bad_carbon")}`;
  return holds;
}

/** Why it cannot be called confirmed, null if it can. Never better than the verdict that stands on the page. */
function lacking(steps, maps) {
  if (!steps.length || !steps.every((step) => step.anchored)) return say("recheck_partly");
  if (maps.some((map) => map.state !== "ok")) return say("recheck_incomplete");
  return section.dataset.level === "authentic" ? null : say("recheck_stands", { verdict: section.dataset.title });
}

/** `told`: what the chain keeps of each place, and how many batches each log has; empty where nobody was asked. */
async function judge(told, from) {
  const { steps, leaves } = await checkEntries(bundle, told.digests);
  const maps = await checkMaps(bundle, leaves, told.digests, told.batches);
  showSteps(steps);
  showMaps(maps);
  const added = showFootprint(footprintShown());
  const bad = steps.find((step) => !step.ok)?.why ?? (maps.some((map) => map.state === "bad") ? "bad_map" : added ? null : "bad_carbon");
  if (bad) return tell("bad", say("recheck_bad"), say(bad));
  const lacks = lacking(steps, maps);
  return lacks === null ? tell("ok", say("recheck_ok", { count: steps.length }), from) : tell("partly", lacks, from);
}

/** What is wrong with the file as a whole, null if nothing. */
function wrongWith(file) {
  if (file === null) return "bad_canonical";
  if (file.item !== section.dataset.item) return "bad_item";
  if (canonical(file.chain) !== canonical(JSON.parse(section.dataset.chain))) return "bad_chain";
  return pageShows(file.entries) ? null : "bad_shown";
}

async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}

async function begin() {
  if (!globalThis.crypto?.subtle) return tell("partly", say("recheck_insecure"));
  tell("running", say("recheck_running"), source.textContent);
  try {
    const file = await (await load(section.dataset.bundle)).arrayBuffer();
    const served = await (await load(section.dataset.anchors)).json();
    bundle = read(file);
    const wrong = wrongWith(bundle);
    if (wrong) {
      showSteps([]);
      bundle = null;
      return tell("bad", say("recheck_bad"), say(wrong));
    }
    if (served.chain === null) return await judge(NOBODY, "");
    if (canonical(served.chain) !== canonical(bundle.chain)) return await judge(NOBODY, say("recheck_other_chain"));
    const digests = new Map(served.anchors.map((one) => [place(one), one.digest]));
    const batches = new Map(served.heads.map((one) => [one.publisher, one.batches]));
    return await judge({ digests, batches }, say("recheck_ok_server"));
  } catch (problem) {
    return tell("partly", say("recheck_blocked"), say("recheck_failed", { problem: problem.message }));
  }
}

async function ask(event) {
  event.preventDefault();
  if (bundle === null) return;
  const url = document.getElementById("node-url").value.trim();
  const registry = document.getElementById("node-registry").value.trim();
  const places = new Map([...bundle.entries, ...bundle.maps].map((one) => [place(one), [one.publisher, one.index]]));
  tell("running", say("recheck_running"));
  try {
    const told = await askNode(url, registry, bundle.chain, [...places.values()]);
    await judge(told, say("recheck_ok_node", { node: new URL(url).host, block: told.block }));
  } catch (problem) {
    tell("partly", say("recheck_partly"), problem instanceof NodeProblem ? say(problem.why) : problem.message);
  }
}

/** Countries by their names, in the page's language. */
function nameCountries() {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region", fallback: "code" });
  for (const element of document.querySelectorAll("[data-country]")) {
    if (/^[A-Z]{2}$/.test(element.dataset.country)) element.textContent = names.of(element.dataset.country);
  }
}

nameCountries();
form.addEventListener("submit", ask);
begin();
