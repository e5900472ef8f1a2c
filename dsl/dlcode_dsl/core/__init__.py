"""The core form: vocabulary (`form`, `operators`, `faults`), text (`text`, `parse`), rules (`check`), meaning (`interpret`)."""
