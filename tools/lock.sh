#!/usr/bin/env bash
# Resolve every environment anew (`make lock`): exact versions with hashes, no index addresses.
# runtime.txt and uv.txt are held to dev.txt, so that what goes into .venv comes from one resolution.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv

resolve() {
  local out=$1
  shift
  "$uv" pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "make lock" "$@" --output-file "requirements/$out.txt"
}

resolve dev pyproject.toml --all-extras requirements/runtime.in requirements/dev.in
resolve uv requirements/uv.in --constraints requirements/dev.txt
resolve runtime pyproject.toml --extra embedded --extra speed requirements/runtime.in --constraints requirements/dev.txt
for lane in web3-7 web3-8; do
  resolve "$lane" pyproject.toml --extra embedded --extra speed "requirements/$lane.in"
done
resolve bench requirements/bench.in
