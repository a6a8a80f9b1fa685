"""Benchmarks: ours and Odoo alone doing the same job in the same run.

Each file measures one subject and returns rows; `registry.py` lists them. A ratio says
how many times better ours is, unless the row's name says otherwise.
"""
