"""The core form.

Vocabulary (`form`, `operators`, `faults`), text (`text`, `parse`), rules (`check`), meaning (`interpret`), and what a
run is charged (`weights`).
"""
