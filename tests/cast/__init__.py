"""The invented cast: a village of posts with a planted fictional campaign, shared by tests, demo and docs."""
