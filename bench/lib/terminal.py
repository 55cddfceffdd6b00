"""Runs a program on a terminal of a fixed size: terminal.py COLUMNS ROWS PROGRAM ARGUMENTS. Ctrl-C is typed when stdin ends."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

pid, master = pty.fork()
if pid == 0:
    size = struct.pack("HHHH", int(sys.argv[2]), int(sys.argv[1]), 0, 0)
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(sys.argv[3], sys.argv[3:])
watched = [0, master]
while True:
    ready, _, _ = select.select(watched, [], [])
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            break  # the last one that had it open has ended
        os.write(1, data)
    if 0 in ready and not os.read(0, 4096):
        os.write(master, b"\x03")
        watched = [master]
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(128 - code if code < 0 else code)
