"""Compile network architectures written as YAML."""
