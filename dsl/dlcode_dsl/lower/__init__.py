"""From names and expressions to the core form: `emit` (statements in order), `fields` (what lies at a place),
`links` (from a header to the next), `places` (headers and what they carry, by name), `expressions`, `filters`,
`handlers`, `frames` (what is built), `replies`.
"""
