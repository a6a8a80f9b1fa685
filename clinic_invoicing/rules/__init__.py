"""Decisions about money and states, free of any database.

Only the standard library is imported here, so that each rule can be read and
tested by itself.
"""
