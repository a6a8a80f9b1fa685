"""Tests that no single addon can hold: several processes, a browser, real commits."""
