"""What the user wants: pure functions from a ground to a plan."""
