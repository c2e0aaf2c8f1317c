"""What of an event a target gets: a value in it, or a template filled with values.

    select.py             a JSON Pointer
    input_path.py         a path as EventBridge writes it
    input_transformer.py  paths and a template, as EventBridge has them

slices.py finds values in the text of an event, so that they go out as they are spelled; quick_paths.py by way of the
decoded event, where that is known to be the same.
"""
