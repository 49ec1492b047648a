"""`learn up` on one machine: starts, watches and stops every process."""
