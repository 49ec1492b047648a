"""What is computed: the learning flows and everything under them."""
