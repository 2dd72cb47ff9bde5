"""Evidence: sequential tests that may be looked at as often as one likes, with a stated budget for false alarms."""
