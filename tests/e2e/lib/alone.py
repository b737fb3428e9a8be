"""alone.py - tests run in a network of their own, with nothing but loopback.

Some rows ask for addresses that are not this machine's. The filter is to
refuse them; a fault in it must not send a packet anywhere. So each test file
starts itself again in a network namespace of its own, and a mount namespace
where that can be had (as root, or in a user namespace); `isolated` says whether that could be done, and rows
that need it are skipped where not.
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys

MARK = 'SUZGI_E2E_ALONE'


def _works(words):
    return subprocess.run([*words, 'true'], stdin=subprocess.DEVNULL,
                          capture_output=True).returncode == 0


def _loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack('16sh14x', b'lo', 0x1 | 0x40)  # UP, RUNNING
        fcntl.ioctl(s, 0x8914, request)  # SIOCSIFFLAGS


def _enter():
    if MARK in os.environ:
        if os.environ[MARK] == 'yes':
            _loopback_up()
        return os.environ[MARK] == 'yes'
    for words in (['unshare', '-n', '-m'], ['unshare', '-n'],
                  ['unshare', '-r', '-n', '-m'], ['unshare', '-r', '-n']):
        try:
            if _works(words):
                os.environ[MARK] = 'yes'
                os.execvp(words[0], [*words, sys.executable, *sys.argv])
        except FileNotFoundError:
            break
    os.environ[MARK] = 'no'
    return False


isolated = _enter()
WHY = 'no network namespace here, and its packets might leave this machine'
