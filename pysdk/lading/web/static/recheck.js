// Computes the proofs of the item on this page again, and says beside each step what came out.

import { askNode, NodeProblem } from "./node.js";
import { check, read } from "./proof.js";

const section = document.getElementById("recheck");
const words = JSON.parse(section.dataset.words);
const outcome = document.getElementById("recheck-result");
const source = document.getElementById("recheck-source");
const alarm = document.getElementById("alarm");
const short = document.getElementById("recheck-short");
const list = document.getElementById("recheck-list");
const form = document.getElementById("node-form");
const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

let bundle = null;

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
  list.hidden = maps.length === 0;
  list.replaceChildren(
    ...maps.map((map) => {
      const line = document.createElement("li");
      line.dataset.state = map.state;
      line.textContent = say(`map_${map.state}`, { who: signer(map.publisher), count: map.count, thing: printed(map.thing) });
      return line;
    }),
  );
}

async function judge(digests, from) {
  const { steps, maps } = await check(bundle, digests);
  showSteps(steps);
  showMaps(maps);
  const bad = steps.find((step) => !step.ok)?.why ?? (maps.some((map) => map.state === "bad") ? "bad_map" : null);
  if (bad) tell("bad", say("recheck_bad"), say(bad));
  else if (steps.length && steps.every((step) => step.anchored)) tell("ok", say("recheck_ok", { count: steps.length }), from);
  else tell("partly", say("recheck_partly"), from);
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
    const { anchors } = await (await load(section.dataset.anchors)).json();
    bundle = read(file);
    const wrong = bundle === null ? "bad_canonical" : bundle.item !== section.dataset.item ? "bad_item" : pageShows(bundle.entries) ? null : "bad_shown";
    if (wrong) {
      showSteps([]);
      return tell("bad", say("recheck_bad"), say(wrong));
    }
    const digests = new Map(anchors.map((one) => [`${one.publisher}/${one.index}`, one.digest]));
    return await judge(digests, say("recheck_ok_server"));
  } catch (problem) {
    return tell("partly", say("recheck_failed", { problem: problem.message }));
  }
}

async function ask(event) {
  event.preventDefault();
  if (bundle === null) return;
  const url = document.getElementById("node-url").value.trim();
  const registry = document.getElementById("node-registry").value.trim();
  const places = new Map([...bundle.entries, ...(bundle.maps ?? [])].map((one) => [`${one.publisher}/${one.index}`, [one.publisher, one.index]]));
  tell("running", say("recheck_running"));
  try {
    const { block, digests } = await askNode(url, registry, bundle.chain, [...places.values()]);
    await judge(digests, say("recheck_ok_node", { node: new URL(url).host, block }));
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
