"""Words in running text: their forms, where they stand, where a dictionary uses them."""
