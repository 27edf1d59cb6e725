"""How one post gets to its audience: its words and hour, its steps, its story."""
