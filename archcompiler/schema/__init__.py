"""The language, as JSON Schema: assembled from `schemas/`, read back by resolver and checks."""
