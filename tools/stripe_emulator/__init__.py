"""A stateful emulator of the part of Stripe that a card payment integration uses.

It speaks Stripe's HTTP API, keeps accounts, intents, charges, refunds, disputes and
events in memory, sends signed webhooks, and lets tests inject faults. It is a
development tool: it listens on loopback, moves no money and accepts test cards only.
"""
