#!/usr/bin/env python3
"""pure - the core (base, lists, filters) does no I/O and keeps no state.

usage: pure.py BUILD. Reads the symbols of the three archives: what they take
from outside must be in pure.tsv, and nothing in them may be written to but
what pure.tsv names.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _house  # noqa: E402

CORE = ['base', 'lists', 'filters']
TABLE = 'tests/check/pure.tsv'


def symbols(archive):
    """(object, name, section) of each symbol; section *UND* is undefined."""
    out = subprocess.run(['objdump', '-t', archive], capture_output=True,
                         text=True, check=True).stdout
    current = ''
    for line in out.splitlines():
        head = re.match(r'^(\S+\.o):\s+file format', line)
        if head:
            current = head.group(1)
        row = re.match(r'^[0-9a-f]+ (.{7}) (\S+)\t[0-9a-f]+\s+'
                       r'(?:\.hidden )?(\S+)$', line)
        if row and 'd' not in row.group(1)[5:6]:
            yield current, row.group(3), row.group(2), row.group(1)


def main():
    build = sys.argv[1]
    archives = [f'{build}/lib{name}.a' for name in CORE]
    missing = [a for a in archives if not os.path.exists(a)]
    report = _house.Report('pure')
    report.case('the_core_is_built', (f'{a} is not there' for a in missing),
                f'make {" ".join(archives)}')
    if missing:
        report.end()
    table = list(_house.rows(TABLE))
    allowed = [re.compile(r[1]) for r in table if r[0] == 'call']
    written = [(r[1], re.compile(r[2])) for r in table if r[0] == 'write']
    defined, wanted, mutable = set(), {}, []
    for archive in archives:
        for obj, name, section, flags in symbols(archive):
            if section == '*UND*':
                wanted.setdefault(name, f'{os.path.basename(archive)}:{obj}')
            elif section == '*COM*' or re.match(
                    r'^\.(data|bss|tdata|tbss)(?!\.rel\.ro)', section):
                mutable.append((obj, name, section))
            if flags[0] in 'gu!' and section != '*UND*':
                defined.add(name)
    report.case('the_core_calls_only_what_is_pure', (
        f'{name} (by {who})' for name, who in sorted(wanted.items())
        if name not in defined and not any(a.fullmatch(name)
                                           for a in allowed)),
        f'bring it in as an argument; what is truly pure goes to {TABLE}')
    report.case('the_core_writes_to_no_global', (
        f'{name} in {section} of {obj}' for obj, name, section in mutable
        if not any(o in (obj, '*') and n.fullmatch(name)
                   for o, n in written)),
        'make it const, or a part of a struct that the caller holds')
    report.end()


main()
