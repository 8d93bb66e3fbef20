"""Raw text and preprocessed text, as tokens with exact places."""
