"""Larkway: same-day parcels by cargo bike."""

__version__ = "1.8.1"
