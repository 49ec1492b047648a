"""`learn up` on one machine: every process, started, watched and stopped in order."""
