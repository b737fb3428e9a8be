#!/usr/bin/env python3
"""The examples of the manual and the README: each is a configuration that
checks, and whose own `expect` lines come out as they say. And the commands:
what --help says of them stands in the manual."""
import os
import re
import subprocess
import tempfile

from lib.suzgi import BINARY
from lib import tap
from lib.tap import case, check, skip

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
PAGES = ('README.md',) + tuple(f'docs/manual/{name}.md' for name in (
    'policy', 'users', 'exceptions', 'bypass', 'suzgi.conf'))
ZONES = '/usr/share/zoneinfo'
# Files that examples name, beside the categories they block.
FILES = {'allow.txt': 'good.test\n', 'self-harm.txt': 'words of self-harm\n',
         'users': 'alice:$6$saltsaltsalt$hash\n', 'our-sites.tsv': '# none\n'}


def examples(page):
    """Each block of configuration with the heading it stands under."""
    with open(os.path.join(ROOT, page)) as f:
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


def here(example, where):
    """The same with its lists, helpers and folders as they are here."""
    lists = f'source = {where}/lists\nformat = ut1'
    for was, now in (
            (r'^update *=.*$', lists),
            (r'^source *= */var/lib/suzgi/lists/ut1$', lists),
            (r'^sign-key *=.*\n', ''),
            (r'/etc/suzgi/', f'{where}/'),
            (r'^helper *= */usr/lib/squid/\S+', 'helper = /bin/cat')):
        example = re.sub(was, now, example, flags=re.M)
    return example


def missing(example):
    """What an example speaks of and another one on its page has."""
    for name in sorted(set(re.findall(r'^policy *= *(\w+)$', example, re.M))):
        if f'[policy {name}]' not in example:
            yield f'[policy {name}]\ndefault = block\n'
    for term, kind in (('user:', 'basic'), ('auth-group:', 'group')):
        if term in example and f'kind = {kind}' not in example:
            yield f'[auth {kind}]\nkind = {kind}\nhelper = /bin/cat\n'
    for name in re.findall(r'listener:(\w+)', example):
        if f'[listen {name}]' not in example:
            yield f'[listen {name}]\n'
    if 'format = ut1' not in example:
        yield '[list examples]\nsource = lists\nformat = ut1\n'


def checked(example):
    """suzgi check of <example>, and of a list for each category in it."""
    with tempfile.TemporaryDirectory(prefix='suzgi-e2e-') as where:
        for name, text in FILES.items():
            write(f'{where}/{name}', text)
        named = re.findall(r'category:([\w-]+)|^budget *= ([\w-]+) ', example,
                           re.M)
        for name in {a or b for a, b in named}:
            write(f'{where}/lists/{name}/domains',
                  f'{name}.test\n{name.split("_")[0]}.example\n')
        write(f'{where}/lists/unused/domains', 'unused.test\n')
        text = here(example, where)
        write(f'{where}/suzgi.conf', text + '\n'.join(('', *missing(text))))
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


def helps(*command):
    return subprocess.run([BINARY, *command, '--help'], check=True, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True).stdout


def sections(text, command):
    """What stands before all commands, and of this one."""
    parts = re.split(r'^## (.*)$', text, flags=re.M)
    yield parts[0]
    for heading, body in zip(parts[1::2], parts[2::2]):
        if re.search(rf'\bsuzgi {command}\b', heading):
            yield heading + body


def undocumented(text, *command):
    """Options of <command> that the manual has not."""
    said = list(sections(text, command[0]))
    if len(said) == 1:
        yield 'all of it'
    for name in re.findall(r'^ {2}(?:-\w,| {3}) (--[\w-]+)', helps(*command),
                           re.M):
        if not re.search(rf'{name}\b', ''.join(said)):
            yield name


with open(os.path.join(ROOT, 'docs/manual/suzgi.md')) as f:
    manual = f.read()
for name in re.findall(r'^ {2}(\w+) ', helps(), re.M):
    with case(f'suzgi {name}: the manual has it, with its options'):
        lost = list(undocumented(manual, name))
        if name == 'lists':
            lost += undocumented(manual, name, 'update')
        check(not lost, ' '.join(lost))
tap.done()
