"""Specs as a repository has them: in a revision or in its working tree. A repository is data; nothing of it is run."""
