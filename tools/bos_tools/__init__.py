"""Keep the BuildingOS overlays: pins, sizes and the proof that an edit did what it meant."""

__version__ = "0.1.0"
