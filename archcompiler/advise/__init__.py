"""What would fit instead, and at what cost: other values are tried by compiling them, only once a fault is found."""
