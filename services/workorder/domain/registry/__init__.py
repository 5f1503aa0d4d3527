"""Who may do the work: outlets, teams, technicians, their skills and hours."""
