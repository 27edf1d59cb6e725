"""Publishing under fire: many posts, real workers, and a sandbox that fails on purpose."""
