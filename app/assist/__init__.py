"""What helps with labelling: everything here lives off the feature cache and needs no framework."""
