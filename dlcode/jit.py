"""The code generator under its documented name: what `dlcode_jit` offers to users. Never: holds anything of its own."""
