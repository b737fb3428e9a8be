"""The catalogue: attacks as data. A row is (id, what, bytes, expected).

The bytes are templates (lib/world.py has the macros); what is expected is one
of lib/rows.py. Every row is sent whole and again one byte a segment.
"""
