"""Orders hidden in texts, and how the product and an undefended prompt take them on the same weights (R13)."""
