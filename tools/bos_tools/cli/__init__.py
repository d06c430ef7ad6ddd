"""What the user types: the only place that prints or exits, one file a command group."""
