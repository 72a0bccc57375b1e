"""From text to a tree: YAML 1.2 core, every key and value with its place, every fault of a file at once."""
