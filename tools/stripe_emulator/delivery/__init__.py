"""Events, and how they reach the webhook endpoints: signed, repeated, disturbed.

Takes from protocol.
"""
