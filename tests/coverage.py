#!/usr/bin/env python3
"""How much of each folder the tests ran: coverage.py BUILD (PROFILE=cov)."""
import glob
import os
import re
import subprocess
import sys

TOPS = ('base', 'lists', 'filters', 'config', 'proxy', 'review', 'cli')


def lines_of(gcda):
    """(source, lines run, lines) of each source of one object."""
    done = subprocess.run(['gcov', '-n', '-o', os.path.dirname(gcda), gcda],
                          capture_output=True, text=True)
    for name, share, n in re.findall(
            r"File '([^']+)'\nLines executed:([\d.]+)% of (\d+)",
            done.stdout):
        if name.startswith(TOPS):
            yield name, round(float(share) * int(n) / 100), int(n)


def main():
    best = {}
    for gcda in glob.glob(f'{sys.argv[1]}/**/*.gcda', recursive=True):
        for name, ran, n in lines_of(gcda):
            best[name] = max(best.get(name, (0, 0)), (ran, n))
    folders = {}
    for name, (ran, n) in best.items():
        a, b = folders.get(os.path.dirname(name), (0, 0))
        folders[os.path.dirname(name)] = a + ran, b + n
    for name, (ran, n) in sorted(best.items(), key=lambda x: x[1][0] /
                                 max(1, x[1][1])):
        print(f'{100 * ran / max(1, n):5.1f} %  {ran:5} of {n:5}  {name}')
    print()
    for name, (ran, n) in sorted(folders.items()):
        print(f'{100 * ran / max(1, n):5.1f} %  {ran:5} of {n:5}  {name}/')


main()
