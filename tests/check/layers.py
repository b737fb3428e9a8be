#!/usr/bin/env python3
"""layers - who includes whom: layers.tsv and doors.tsv, each header alone."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _house  # noqa: E402

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
# What the C library and the kernel bring needs no door.
SYSTEM = re.compile(r'^(sys|linux|net|netinet|arpa|asm)/')


def includes(path):
    for kind, name in INCLUDE.findall(_house.text(path)):
        yield kind, name


def wrong_layer(allowed):
    for path in _house.sources('.c', '.h'):
        for kind, name in includes(path):
            if kind != '"':
                continue
            target = _house.folder(name)
            if not os.path.exists(name):
                yield f'{path}: "{name}" is not a path from the root'
            elif name.endswith('.c'):
                yield f'{path}: includes a source, {name}'
            elif target is None:
                yield f'{path}: {name} lies in no folder of the house'
            else:
                heads = allowed.get((_house.folder(path), target), [])
                if '*' not in heads and os.path.basename(name) not in heads:
                    yield (f'{path}: {_house.folder(path)} may not include '
                           f'{name}')


def wrong_door(doors):
    for path in _house.sources('.c', '.h'):
        for kind, name in includes(path):
            if kind != '<' or SYSTEM.match(name):
                continue
            for prefix, files in doors:
                if name.startswith(prefix) and path not in files:
                    yield f'{path}: <{name}> belongs to {" ".join(files)}'


def third_party(doors):
    """A library's header that has no door at all."""
    libc = subprocess.run(
        ['dpkg-query', '-L', 'libc6-dev', 'linux-libc-dev'],
        capture_output=True, text=True).stdout.split()
    known = {p.split('/include/', 1)[1] for p in libc if '/include/' in p}
    compiler = {'stdbool.h', 'stddef.h', 'stdint.h', 'stdarg.h', 'limits.h',
                'stdatomic.h', 'emmintrin.h', 'immintrin.h', 'float.h',
                'stdalign.h', 'tmmintrin.h', 'smmintrin.h', 'arm_neon.h'}
    for path in _house.sources('.c', '.h'):
        for kind, name in includes(path):
            if kind == '<' and known and not any(
                    name.startswith(p) for p, _ in doors) and \
                    name not in known and name not in compiler and \
                    not any(k.endswith('/' + name) for k in known):
                yield f'{path}: <{name}> has no door'


def does_not_compile_alone():
    flags = subprocess.run(
        ['pkg-config', '--cflags', 'libevent_core', 'libpcre2-8', 'hiredis'],
        capture_output=True, text=True).stdout.split()
    for path in _house.sources('.h'):
        done = subprocess.run(
            [os.environ.get('CC', 'cc'), '-std=c11', '-D_GNU_SOURCE', '-I.',
             '-Ibuild/llhttp', *flags, '-fsyntax-only', '-x', 'c', '-include',
             path, '/dev/null'], capture_output=True, text=True)
        if done.returncode:
            first = done.stderr.splitlines()
            yield f'{path}: {first[-1] if first else "?"}'


def main():
    allowed = {(a, b): heads.split()
               for a, b, heads in _house.rows('tests/check/layers.tsv')}
    doors = [(p, files.split())
             for p, files in _house.rows('tests/check/doors.tsv')]
    report = _house.Report('layers')
    report.case('includes_follow_the_layers', (
        f for f in wrong_layer(allowed)
        if not report.excepted(f.split(': ')[0], 1)),
        'move the code to where it belongs, or declare the struct; see '
        'tests/check/layers.tsv')
    report.case('libraries_have_one_door', wrong_door(doors),
                'ask the door for it; see tests/check/doors.tsv')
    report.case('every_library_has_a_door', third_party(doors),
                'add a row to tests/check/doors.tsv, with one file')
    report.case('each_header_compiles_alone', does_not_compile_alone(),
                'include what the header itself needs')
    report.end()


main()
