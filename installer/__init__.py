"""Set-up and start scripts; plain standard library, so that an untouched Python can run them."""
