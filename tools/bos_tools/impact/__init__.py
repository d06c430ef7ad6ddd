"""What a change does to the objects of each environment: what differs, what that does there, and what blocks."""
