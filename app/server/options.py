"""How the server is called up, for the command line and the window; imports nothing."""

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
TOKEN_VARIABLE = "SIGHTLINE_TOKEN"
