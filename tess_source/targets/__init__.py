"""What a user may mean by a target."""
