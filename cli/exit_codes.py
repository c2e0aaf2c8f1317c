"""Exit codes that commands share; a command's help says what they mean. Imports nothing: main.py needs it first."""

EXIT_FINE = 0
EXIT_TROUBLE = 2
