"""Every side effect goes through one of these doors."""
