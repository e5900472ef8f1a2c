"""The proof under its documented name: what `dlcode_verifier` offers to users. Never: holds anything of its own."""
