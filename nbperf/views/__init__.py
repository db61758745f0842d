"""Records as matplotlib Figures: pure functions, made without pyplot, so that they are tested by their artists."""
