"""From names and expressions to the core form: `emit` (statements in order), `places` (where things lie in the packet),
`expressions`, `filters`, `handlers`, `frames` (what is built), `replies`.
"""
