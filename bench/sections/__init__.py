"""The sections of the table: each measures and gives rows."""
