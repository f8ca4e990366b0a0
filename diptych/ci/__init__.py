"""Reports for machines: as JUnit and JSON, held to a baseline, and as the tests of pytest."""
