"""From a resolved spec to a graph: the stem, each stage's blocks and the head, recorded in order."""
