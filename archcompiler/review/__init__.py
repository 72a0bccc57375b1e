"""Which specs a change reaches: a spec is what its file says, on its bases and tables, in one state of a repository."""
