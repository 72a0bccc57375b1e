"""One canonical text for a spec: read it with its comments, put keys in the schema's order, write it in lines."""
