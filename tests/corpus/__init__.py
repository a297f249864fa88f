"""Labelled guests of every distribution: file tables that follow the real ones, and what breaks them."""
