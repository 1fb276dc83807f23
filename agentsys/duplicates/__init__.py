"""Workers who may be recorded twice: finding them, deciding about them, merging them."""
