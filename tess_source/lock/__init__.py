"""What a saved plan is good for."""
