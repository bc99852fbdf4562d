"""Nets for grids: pictures, series, sound."""
