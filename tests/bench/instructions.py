#!/usr/bin/env python3
"""Instructions a call, counted by callgrind: the same on a busy machine.

    instructions.py BUILD      prints a row for each function; needs valgrind

Each row names a program that calls the function many times. Only what is
executed inside of it (and what it calls) is counted, and divided by how often
it was called.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HOSTS = 2000
CONF = """[list made]
source = made.txt
category = made
[policy default]
block = category:made
block = regex:casino[0-9]+
%s
default = allow
"""

# what, program, function
ROWS = [
    ('request head, 490 bytes, and response head', 'wire', 'h1_head'),
    ('request target', 'wire', 'target_parse'),
    ('ClientHello, 600 bytes', 'wire', 'hello_parse'),
    ('host name made canonical', 'explain', 'name_from_text'),
    ('URL made canonical', 'explain', 'url_canon'),
    ('host looked up among 20,000', 'explain', 'image_find_host'),
    ('decision, 40 rules', 'explain', 'decide'),
    ('decision, 50 policies of 40, the first', 'policies 0', 'decide'),
    ('decision, 50 policies of 40, the last', 'policies 1', 'decide'),
    ('the same with all tiers above', 'policies 3', 'decide'),
]


def prepare(folder):
    rules = '\n'.join(f'block = host:h{i}.rule.test, url:u{i}.test/x'
                      for i in range(38))
    with open(f'{folder}/s.conf', 'w') as f:
        f.write(CONF % rules)
    with open(f'{folder}/made.txt', 'w') as f:
        f.writelines(f'n{i * 7919 % 1000003}.made{i % 997}.test\n'
                     for i in range(20000))
    with open(f'{folder}/urls', 'w') as f:
        f.writelines(f'http://www{i}.site{i % 37}.test/a/b{i}?c={i}\n'
                     for i in range(HOSTS))


def program(kind, build, folder):
    if kind == 'wire':
        return [f'{build}/bench/bench_wire', '500'], None
    if kind.startswith('policies'):
        return [f'{build}/bench/bench_policies', '1000', kind[-1]], None
    return [f'{build}/suzgi', 'explain', '-c', f'{folder}/s.conf', '--state',
            f'{folder}/state', '--json', '-'], f'{folder}/urls'


def count(kind, function, build, folder):
    out = f'{folder}/callgrind.out'
    args, stdin = program(kind, build, folder)
    with open(stdin or os.devnull, 'rb') as f:
        subprocess.run(
            ['valgrind', '-q', '--tool=callgrind', f'--toggle-collect={function}',
             f'--callgrind-out-file={out}'] + args,
            stdin=f, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False)
    total, calls, mine, here = 0, 0, None, False
    with open(out) as f:
        for line in f:
            # a name is written once, "(12) name", then as its number alone
            named = re.match(r'c?fn=(\(\d+\))(?: (\S+))?', line)
            if named and named.group(2) == function:
                mine = named.group(1)
            if line.startswith('cfn='):
                here = mine is not None and named.group(1) == mine
            elif line.startswith('calls=') and here:
                calls += int(line.split('=')[1].split()[0])
                here = False
            elif line.startswith(('summary:', 'totals:')):
                total = int(line.split()[1])
    return total, calls


def main():
    build = os.path.abspath(sys.argv[1])
    if not shutil.which('valgrind'):
        print('instructions: skipped, valgrind is not installed')
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        subprocess.run([f'{build}/suzgi', 'check', '-c', f'{folder}/s.conf',
                        '--state', f'{folder}/state'], check=True,
                       stdout=subprocess.DEVNULL)
        for what, kind, function in ROWS:
            total, calls = count(kind, function, build, folder)
            print(f'{what:45} {total / max(calls, 1):9.0f} instructions'
                  f' ({calls} calls)')


main()
