"""Results as a page of their own: one file that asks no network, for a person who wants to look around."""
