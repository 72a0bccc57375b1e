"""The typed graph: ops, the chain of bodies, numbers that know their names, and module paths."""
