"""Pages that say what a code means, and what the schema says of a field."""
