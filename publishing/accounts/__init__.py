"""How accounts are connected, stay connected, and what is chosen for them."""
