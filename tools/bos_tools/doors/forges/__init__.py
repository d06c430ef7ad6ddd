"""The doors to forges: one file a forge, one client for what they share."""
