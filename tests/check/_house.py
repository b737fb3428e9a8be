"""What the checks share: the sources, their folders, TAP, exceptions."""
import glob
import os
import re
import sys

FOLDERS = ['base', 'base/sys', 'lists', 'filters', 'proxy/wire', 'feeds',
           'feeds/fetch', 'config',
           'review', 'proxy', 'cli']
EXCEPTIONS = 'tests/check/exceptions.tsv'


def rows(path):
    """The rows of a table: no comments, no empty lines, split at tabs."""
    with open(path, encoding='utf-8') as f:
        for line in f:
            line = line.rstrip('\n')
            if line.strip() and not line.startswith('#'):
                yield re.split(r'\t+', line)


def sources(*suffixes):
    """All sources of the product with one of these suffixes."""
    found = []
    for top in sorted({f.split('/')[0] for f in FOLDERS}):
        for suffix in suffixes:
            found += glob.glob(f'{top}/**/*{suffix}', recursive=True)
    return sorted(found)


def folder(path):
    """The folder whose rules a file follows: the deepest that holds it."""
    fits = [f for f in FOLDERS if path.startswith(f + '/')]
    return max(fits, key=len) if fits else None


def text(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def stripped(path):
    """A source without comments and contents of strings, lines kept."""
    def blank(m):
        s = m.group(0)
        if s.startswith('/'):
            return '\n' * s.count('\n')
        return s[0] + s[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                  r"|'(?:\\.|[^'\\\n])*'", blank, text(path), flags=re.S)


class Report:
    """Cases of one check; each has findings, and says what to do."""

    def __init__(self, check):
        self.check, self.n, self.failed = check, 0, 0
        self.exceptions, self.used = {}, set()
        for row in rows(EXCEPTIONS):
            if row[0] == check:
                self.exceptions[row[1]] = (int(row[2]), row[3])

    def case(self, name, findings, advice=''):
        self.n += 1
        findings = list(findings)
        if findings:
            self.failed += 1
            for finding in findings:
                print(f'# {finding}')
            if advice:
                print(f'# what to do: {advice}')
        print(f"{'not ' if findings else ''}ok {self.n} - {name}")

    def excepted(self, what, size):
        """Is <what> an exception of this size? It may shrink, not grow."""
        if what not in self.exceptions:
            return False
        self.used.add(what)
        return size == self.exceptions[what][0]

    def end(self):
        stale = [f'{what}: no longer needed' for what in self.exceptions
                 if what not in self.used]
        self.case('exceptions_are_needed', stale,
                  f'take the row out of {EXCEPTIONS}')
        print(f'1..{self.n}')
        sys.exit(1 if self.failed else 0)


def exists_any(pattern):
    return bool(glob.glob(pattern)) or os.path.exists(pattern)
