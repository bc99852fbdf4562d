"""Nets for sequences of symbols: texts, molecules, events."""
