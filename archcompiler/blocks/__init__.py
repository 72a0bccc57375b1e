"""Block documents: read, and run on named numbers; `library` finds them, `expression` computes their numbers."""
