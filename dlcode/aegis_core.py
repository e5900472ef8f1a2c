"""The Aegis core under its documented name: what `dlcode_aegis_core` offers. Never: holds anything of its own."""
