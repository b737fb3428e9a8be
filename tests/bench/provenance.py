#!/usr/bin/env python3
"""Does `explain` name the true file and line of what it blocks?

    provenance.py BUILD CORPUS [COUNT]

CORPUS is a folder with trees of lists in the manner of UT1: tree/category/
domains, urls, expressions. Of all domains and addresses in them COUNT are
asked for. Each must be blocked; the file that is named must have, in the line
that is named, the entry that is named; and that entry must cover what was
asked for. So must all that `lists lookup` names of some. Status 1 if not.
"""
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

COUNT, LOOKED_UP, SHOWN = 20000, 60, 10
HOST = re.compile(r'(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+'
                  r'[a-z0-9-]*[a-z][a-z0-9-]*')
PLAIN_URL = re.compile(HOST.pattern + r'/[A-Za-z0-9/._~-]*[A-Za-z0-9_]\Z')


def trees(corpus):
    return sorted({os.path.dirname(os.path.dirname(p)) for p in
                   glob.glob(f'{corpus}/*/*/domains')})


def read(path):
    with open(path, encoding='latin-1', newline='\n') as f:
        return [line.strip() for line in f]


class Files:
    def __init__(self, roots):
        self.lines = {}
        for root in roots:
            for path in glob.glob(f'{root}/*/*'):
                if os.path.isfile(path):
                    self.lines[os.path.realpath(path)] = read(path)

    def sample(self, rng, count):
        """What can be asked for as it stands, of all files alike."""
        found = []
        for path, lines in self.lines.items():
            name = os.path.basename(path)
            want = HOST.fullmatch if name == 'domains' else \
                PLAIN_URL.match if name == 'urls' else None
            if want:
                found += [line.lower() if name == 'domains' else line
                          for line in rng.sample(lines, min(
                              len(lines), 1 + count // 4))
                          if len(line) < 250 and want(line)]
        rng.shuffle(found)
        return found[:count]

    def at(self, root_of_list, shown, number):
        for path in (shown, os.path.join(root_of_list, shown)):
            lines = self.lines.get(os.path.realpath(path))
            if lines and 1 <= number <= len(lines):
                return os.path.basename(path), lines[number - 1]
        return None, None


def canonical(text):
    """Enough of it for entries that can be asked for as they stand."""
    return re.sub('/+', '/', text.lower().partition('#')[0]).rstrip('/')


def covers(entry, asked):
    """Is the entry, host or host/path, the one asked for, above or before
    it?"""
    host, slash, path = asked.partition('/')
    above, cut, prefix = entry.partition('/')
    below = host == above or host.endswith('.' + above)
    return below and (not cut or (slash and path.startswith(prefix)))


def fault(files, roots, asked, entry, listed, shown, number):
    """What is wrong with this answer; None: nothing."""
    name, line = files.at(roots[listed], shown, number)
    if line is None:
        return f'{asked}: {shown}:{number} is no line of list {listed}'
    if name not in ('domains', 'urls'):  # patterns
        return None if line == entry else \
            f'{asked}: {shown}:{number} is {line!r}, not {entry!r}'
    if canonical(line) != canonical(entry):
        return f'{asked}: {shown}:{number} is {line!r}, not {entry!r}'
    return None if covers(canonical(entry), canonical(asked)) else \
        f'{asked}: {entry} does not cover it'


def main():
    build, corpus = os.path.abspath(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else COUNT
    rng = random.Random(3)
    roots = {f'tree{i}': os.path.abspath(t)
             for i, t in enumerate(trees(corpus))}
    files = Files(roots.values())
    asked = files.sample(rng, count)
    if not asked:
        sys.exit(f'provenance.py: no lists in {corpus}')
    with tempfile.TemporaryDirectory() as folder:
        conf = f'{folder}/suzgi.conf'
        with open(conf, 'w') as f:
            for name, root in roots.items():
                f.write(f'[list {name}]\nsource = {root}\nformat = ut1\n'
                        'max-change = any\n')
            f.write(f'[proxy]\nstate-dir = {folder}/state\n[guard]\n'
                    'over-block = off\n[policy default]\n' + ''.join(
                        f'block = list:{name}\n' for name in roots))

        def suzgi(*words, text=None):
            done = subprocess.run(
                [f'{build}/suzgi', *words, '-c', conf], text=True,
                input=text, stdin=None if text else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if done.returncode not in (0, 3):
                sys.exit(done.stderr)
            return done.stdout
        suzgi('lists', 'build')
        rows = list(map(json.loads, suzgi(
            'explain', '--json', '-',
            text=''.join(f'http://{a}\n' for a in asked)).splitlines()))
        wrong = [] if len(rows) == len(asked) else ['answers are missing']
        for a, row in zip(asked, rows):
            rule = row.get('rule', {})
            wrong.append(f'{a} passes' if row['action'] != 'block' else fault(
                files, roots, a, rule['entry'], rule['list'], rule['source'],
                rule['source_line']))
        named = 0
        for a in asked[:LOOKED_UP]:
            for row in map(json.loads, suzgi(
                    'lists', 'lookup', '--json', f'http://{a}').splitlines()):
                named += 1
                wrong.append(fault(files, roots, a, row['entry'], row['list'],
                                   row['file'], row['line']))
    wrong = [w for w in wrong if w]
    print('\n'.join(wrong[:SHOWN]))
    print(f'{len(asked)} entries of {len(files.lines)} files explained, '
          f'{named} named by lookup: {len(wrong)} with a wrong place')
    sys.exit(1 if wrong else 0)


main()
