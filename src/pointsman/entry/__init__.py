"""The door: what can be asked (`spec`), by whom (`context`), how it is read (`config`, `cli`) and wired (`wiring`)."""
