"""What block functions are written in: the recorder's primitives, typed fields, shortcuts and lists of steps."""
