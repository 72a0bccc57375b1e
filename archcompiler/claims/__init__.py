"""The figures that a spec says its paper printed, held against what its graph measures."""
