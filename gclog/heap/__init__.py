"""Heap snapshots of V8 (`*.heapsnapshot`): read in bounded memory, dominators, classes, what grows and what holds it."""
