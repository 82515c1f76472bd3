"""Everything that is made from `entry/spec.py`: each step's action.yml, tables in the docs, the JSON Schema.

`python -m pointsman.gen` writes it, `--check` says what has drifted. A new input is one line in the
specification.
"""
