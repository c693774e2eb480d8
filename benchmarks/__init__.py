"""One file per figure; each prints one line of JSON."""
