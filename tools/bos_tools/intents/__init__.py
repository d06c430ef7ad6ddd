"""What the user wants: pure functions from a tree to a plan."""
