#!/usr/bin/env python3
"""size - how long, how wide, how deep: nothing grows into an attic."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _house  # noqa: E402

FUNCTION, SOURCE, HEADER, INCLUDES, PARAMS, NESTING = 80, 800, 250, 15, 6, 4
SOFT = {'lines': 50, 'params': 5, 'nesting': 3}
# lines of tests for each line of source
RATIO = {'all': 0.8, 'lists': 1.2, 'filters': 1.2}


class Function:
    def __init__(self, path, name, params, first, last, body):
        self.where = f'{path}:{name}'
        self.params, self.lines = params, last - first + 1
        # A statement of the function itself is indented by one tab.
        depth = [len(re.match(r'\t*', line).group(0)) for line in body
                 if re.match(r'\t+[^\s*]', line) and
                 not re.match(r'\t+(case\b|default:|[{(."]|\}\})', line)]
        self.nesting = max(depth, default=1) - 1


def params_of(head):
    inside = head[head.index('(') + 1:head.rindex(')')].strip()
    if inside in ('', 'void'):
        return 0
    depth, n = 0, 1
    for c in inside:
        depth += (c == '(') - (c == ')')
        n += c == ',' and depth == 0
    return n


def functions(path):
    """Definitions as the house lays them out: name and brace in column 0."""
    lines = _house.stripped(path).split('\n')
    for i, line in enumerate(lines):
        if line != '{':
            continue
        first = i
        while first and not re.match(r'^(?:|[#}].*|.*;)$', lines[first - 1]):
            first -= 1
        head = ' '.join(lines[first:i])
        name = re.search(r'(\w+)\s*\(', head)
        if not name:
            continue
        last = next((j for j in range(i, len(lines))
                     if lines[j].startswith('}')), len(lines) - 1)
        yield Function(path, name.group(1), params_of(head), first, last,
                       lines[i + 1:last])


def length(path):
    return _house.text(path).count('\n')


def over(report, pairs, limit, what):
    for name, size in pairs:
        if size > limit and not report.excepted(f'{what}:{name}', size):
            yield f'{name}: {size} {what}, at most {limit}'


def project_includes(path):
    return len(re.findall(r'^#include "', _house.text(path), re.M))


def ratio(part):
    """Test lines for each source line, of all or of a folder."""
    if part == 'all':
        tested = _house.sources('.c', '.h')
        tests = glob.glob('tests/**/*.c', recursive=True) + glob.glob(
            'tests/**/*.py', recursive=True) + glob.glob(
            'tests/tables/**/*.tsv', recursive=True)
    else:
        tested = glob.glob(f'{part}/**/*.[ch]', recursive=True)
        tests = glob.glob(f'tests/unit/{part}/**/*.[ch]', recursive=True)
        for path in glob.glob('tests/fuzz/*.c'):
            if f'#include "{part}/' in _house.text(path):
                tests.append(path)
        if part == 'filters':
            tests += glob.glob('tests/tables/*.tsv')
        if part == 'lists':
            tests += glob.glob('tests/tables/formats/*.tsv')
    return sum(map(length, tests)) / max(1, sum(map(length, tested)))


def main():
    report = _house.Report('size')
    found = [f for p in _house.sources('.c') for f in functions(p)]
    headers, code = _house.sources('.h'), _house.sources('.c')
    report.case('functions_are_short', over(
        report, [(f.where, f.lines) for f in found], FUNCTION, 'lines'),
        'give its parts names')
    report.case('sources_are_short', over(
        report, [(p, length(p)) for p in code], SOURCE, 'lines'),
        'divide it by what changes together')
    report.case('headers_are_short', over(
        report, [(p, length(p)) for p in headers], HEADER, 'lines'),
        'two contracts are two headers')
    report.case('sources_know_few_headers', over(
        report, [(p, project_includes(p)) for p in code], INCLUDES,
        'includes'), 'it does more than one thing')
    report.case('functions_take_few_parameters', over(
        report, [(f.where, f.params) for f in found], PARAMS, 'params'),
        'it wants a struct')
    report.case('functions_are_flat', over(
        report, [(f.where, f.nesting) for f in found], NESTING, 'nesting'),
        'return early, or give the inner part a name')
    ratios = {part: ratio(part) for part in RATIO}
    report.case('tests_keep_up_with_sources', (
        f'{part}: {r:.2f} test lines a source line, at least {RATIO[part]}'
        for part, r in ratios.items() if r < RATIO[part] and not
        report.excepted(f'ratio:{part}', int(r * 100))), 'write the tests')
    soft = sum(f.lines > SOFT['lines'] or f.params > SOFT['params'] or
               f.nesting > SOFT['nesting'] for f in found)
    print(f'# {len(found)} functions, {soft} beyond the soft bounds; ' +
          ', '.join(f'{p} {r:.2f}' for p, r in ratios.items()))
    report.end()


main()
