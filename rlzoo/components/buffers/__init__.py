"""Built-in buffers, and the ring that holds transitions for any of them."""
