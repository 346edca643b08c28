"""What every test may use; see the folders for the rest."""
