"""The Aegis core: downloaded code bound, admitted and run, in this process and on an emulated DECstation.

Never: parses source. What is bound here arrives as a certificate and an image.
"""
