"""The proof: a core form becomes a certificate, or a refusal with a packet that breaks it.

What must hold, whether it holds and how to say so are three modules. Never: emits code, or believes its own
untrusted pre-analysis.
"""
