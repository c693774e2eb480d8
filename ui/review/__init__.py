"""The parts of the Review tab: one file per view of the figures."""
