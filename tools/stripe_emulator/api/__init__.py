"""What Stripe does: its resources, test cards and banks, and pages for browsers.

`service.py` leads a request from its key to its answer. Takes from protocol (how
things are said) and from delivery (events that tell of changes).
"""
