"""Which value of an integer field meets a budget, by search over the torch-free cost: no formula for any block."""
