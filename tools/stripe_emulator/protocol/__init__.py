"""How Stripe speaks over HTTP, whatever the resource.

Forms, parameters and their refusals, versions, errors, lists, searches, rendering,
idempotency keys, and the faults of a bad line. Takes from no other room.
"""
