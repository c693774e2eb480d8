"""The local REST server."""
