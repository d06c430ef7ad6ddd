"""How large and how full: volumes, growth, forecast, budget."""
