"""Results in words and in documents, a folder a format; a report knows results and nothing else."""
