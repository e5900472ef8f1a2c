"""From text to syntax tree: `grammar.lark`, `lines` (which newlines count), `tree` (the nodes), `parse`."""
