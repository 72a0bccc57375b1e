"""PyTorch: `source` writes the text that a person would have written, `module` runs it."""
