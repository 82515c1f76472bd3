"""What stands in for the package below the launcher: it tells how it was started, or waits to be ended."""

MAIN = """
import json, os, signal, sys, threading
from pathlib import Path

def leave(name, text):
    # in one step: whoever waits for the file then reads it
    Path(name + ".new").write_text(text)
    os.replace(name + ".new", name)

def end(word, code):
    leave("ended", word)
    print("ended by", word, flush=True)
    os._exit(code)

def lifeline():
    while os.read(0, 64):
        pass
    end("EOF", 130)

if sys.argv[1] == "show":
    seen = {"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path}
    seen |= {"prefix": sys.prefix, "file": __file__}
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(seen))
    print(json.dumps(seen))
elif sys.argv[1] == "read":
    print("".join(Path(name).read_text() for name in sys.argv[2:]))
elif sys.argv[1] == "write":
    try:
        Path(sys.argv[2]).write_text("written")
    except OSError as error:
        sys.exit(str(error))
elif sys.argv[1] == "exit":
    sys.exit(int(sys.argv[2]))
else:
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda number, _: end(signal.Signals(number).name, 130))
    if os.environ.get("POINTSMAN_LIFELINE") == "stdin":
        threading.Thread(target=lifeline, daemon=True).start()
    leave("started", str(os.getpid()))
    while True:
        signal.pause()
"""

CLI = """
import runpy

def main():
    runpy.run_module("pointsman", run_name="__main__", alter_sys=True)
"""
