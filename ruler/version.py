"""The version of this distribution, in a module of its own so that every part may read it."""

VERSION = "0.1.0"
