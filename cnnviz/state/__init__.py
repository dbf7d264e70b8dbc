"""What must outlive a process and be seen by more than one: a database of sessions and of the records of runs."""
