"""One pipeline for every change: plan, write, prove, commit, push."""
