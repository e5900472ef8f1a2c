"""The language under its documented name: what `dlcode_dsl` offers to users. Never: holds anything of its own."""
