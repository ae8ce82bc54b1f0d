"""Tocsin: a folder of exports in, a cited campaign report out."""

__version__ = "0.1.0"
