#!/usr/bin/env python3
"""The examples of the manual: each is a configuration that checks, and whose
own `expect` lines come out as they say."""
import os
import re
import subprocess
import tempfile

from lib.suzgi import BINARY
from lib import tap
from lib.tap import case, check, skip

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
PAGES = ('policy',)
ZONES = '/usr/share/zoneinfo'
# Files that examples name, beside the categories they block.
FILES = {'allow.txt': 'good.test\n', 'self-harm.txt': 'words of self-harm\n'}


def examples(page):
    """Each block of configuration with the heading it stands under."""
    with open(os.path.join(ROOT, f'docs/manual/{page}.md')) as f:
        text = f.read()
    heading = ''
    for part in re.finditer(r'^#+ ([^\n]+)$|^```ini\n(.*?)^```$', text,
                            re.M | re.S):
        if part.group(1):
            heading = part.group(1)
        else:
            yield heading, part.group(2)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)


def checked(example):
    """suzgi check of <example>, and of a list for each category in it."""
    with tempfile.TemporaryDirectory(prefix='suzgi-e2e-') as where:
        for name, text in FILES.items():
            write(f'{where}/{name}', text)
        for name in set(re.findall(r'category:([\w-]+)', example)):
            write(f'{where}/lists/{name}/domains', f'{name}.test\n')
        write(f'{where}/lists/unused/domains', 'unused.test\n')
        write(f'{where}/suzgi.conf', example + f'''
[list examples]
source = {where}/lists
format = ut1
''')
        return subprocess.run(
            [BINARY, 'check', '--no-write', '-c', f'{where}/suzgi.conf',
             '--state', f'{where}/state', '--data', f'{ROOT}/packaging'],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)


def turned(example):
    """The same with what is expected of it turned round."""
    return re.sub(r'^expect = (\w+)', lambda m: 'expect = ' + (
        'allow' if m.group(1) == 'block' else 'block'), example, flags=re.M)


for page in PAGES:
    n = 0
    for heading, example in examples(page):
        n += 1
        if 'timezone' in example and not os.path.exists(ZONES):
            skip(f'{page}: the example of "{heading}" checks',
                 f'there is no {ZONES}')
            continue
        with case(f'{page}: the example of "{heading}" checks'):
            done = checked(example)
            check(done.returncode == 0, done.stdout + done.stderr)
        if 'expect' in example:
            with case(f'{page}: what "{heading}" expects is looked at'):
                done = checked(turned(example))
                check(done.returncode == 78, done.stdout + done.stderr)
    with case(f'{page}: there are examples'):
        check(n > 0, 'there are none')
tap.done()
