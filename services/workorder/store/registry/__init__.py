"""Technicians, outlets, teams, and who is sent to whom."""
