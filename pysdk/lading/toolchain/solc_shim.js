#!/usr/bin/env node
// Stands in for the native solc where its host cannot be reached: npm's solc (WebAssembly) behind the two calls that
// py-solc-x, ape and forge make, `--version` and `--standard-json` (stdin to stdout, imports read below --base-path).
// It never calls process.exit(): that cuts output on a pipe at 64 KiB. It sets process.exitCode and lets node end.
"use strict";
const fs = require("fs");
const path = require("path");

const arguments_ = process.argv.slice(2);
const solc = require(path.join(__dirname, "..", "node_modules", "solc"));

function optionValue(name) {
  const at = arguments_.indexOf(name);
  return at >= 0 && at + 1 < arguments_.length ? arguments_[at + 1] : undefined;
}

function readImport(basePath) {
  const base = path.resolve(basePath);
  return (sourceName) => {
    const file = path.resolve(base, sourceName);
    if (!file.startsWith(base + path.sep)) return { error: "File outside of the base path: " + sourceName };
    try {
      return { contents: fs.readFileSync(file, "utf8") };
    } catch (error) {
      return { error: "File not found: " + sourceName + " (" + error.code + ")" };
    }
  };
}

if (arguments_.includes("--version")) {
  process.stdout.write("solc, the solidity compiler commandline interface\nVersion: " + solc.version() + "\n");
} else if (arguments_.includes("--standard-json")) {
  const callbacks = { import: readImport(optionValue("--base-path") || process.cwd()) };
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), callbacks) + "\n");
} else {
  process.stderr.write("This stand-in for solc answers --version and --standard-json only.\n");
  process.exitCode = 1;
}
