"""One module per action: observe, decide, act, verify the effect, record, report. `strategy/` decides."""
