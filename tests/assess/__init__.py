"""Tests of the room that says what a finding means."""
