"""What happens in jobs, from Prefect's event stream to those who watch."""
