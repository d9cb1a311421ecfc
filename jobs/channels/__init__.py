"""The ways by which messages leave: e-mail, texts to phones, notifications in browsers."""
