"""Sightline's logic, command line and server; knows no Qt."""

__version__ = "0.1.0"
