"""Small odd inputs, made by code: each says what is right to get from it."""
