"""Nets for columns: tables."""
