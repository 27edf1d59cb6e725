"""Hosted performers, a module a vendor. What each can do is the vendors' word of 2026-11-20."""
