"""Readings of a graph, on plain ints: what it costs and what it sees. None of them loads torch."""
