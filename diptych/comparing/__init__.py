"""`diptych.compare`: two models that diptych has never seen, held to each other as they stand."""
