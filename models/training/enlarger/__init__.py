"""A small network that makes icon-like pictures four times larger."""
