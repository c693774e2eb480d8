"""Feature networks and the cache of what they computed."""
