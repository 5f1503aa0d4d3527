"""What the Temporal shells of cases and field work are built of: calls, alarms, the record."""
