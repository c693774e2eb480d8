"""What the commands do: they call the stages and report in words and as JSON."""
