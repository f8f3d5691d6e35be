"""Outbox topics whose effects are rows that can be counted: what was lost, what was done twice."""
