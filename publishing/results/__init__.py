"""What posts reached, and what is learned from it."""
