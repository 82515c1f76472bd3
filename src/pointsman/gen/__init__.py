"""Everything that is made from `entry/spec.py`: the steps' action.yml, tables in the documentation, the JSON Schema.

`python -m pointsman.gen` writes it, `--check` says what has drifted. A new input is one line in the specification.
"""
