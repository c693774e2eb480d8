"""Parts the tabs are made of."""
