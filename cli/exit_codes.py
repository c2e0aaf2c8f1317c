"""Exit codes that commands share; a command's help says what they mean. Imports nothing: main.py needs it first."""

EXIT_FINE = 0
EXIT_TROUBLE = 2
EXIT_CLOSED_PIPE = 141  # what a shell shows for a process that SIGPIPE ended
