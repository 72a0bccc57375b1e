"""What a change does: two resolved specs and their graphs, read side by side. Nothing here loads torch.

`leaves` and `edits` say what was written differently, `normal` and `function` whether the networks compute the same,
`weights` what becomes of a checkpoint, `contributions` what each edit adds. `specs` puts them together.
"""
