"""What is judged: one function a rule, declared beside it; `review/table.py` lists them all."""
