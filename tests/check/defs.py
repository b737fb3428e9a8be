#!/usr/bin/env python3
"""defs - the tables: no row twice, no row unused, no key undocumented."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _house  # noqa: E402

# REASON(DONE, "done", FINE, "...") -> macro, first, second argument
ROW = re.compile(r'^(\w+)\(\s*(\w+)\s*(?:,\s*("(?:[^"\\]|\\.)*"|\w+))?', re.M)


def table(path):
    body = re.sub(r'/\*.*?\*/', '', _house.text(path), flags=re.S)
    for macro, first, second in ROW.findall(body):
        if macro not in ('define', 'ifndef'):
            yield macro, first, second.strip('"')


def code():
    return '\n'.join(_house.stripped(p) for p in _house.sources('.c', '.h'))


def twice(keys):
    seen = set()
    for key in keys:
        if key in seen:
            yield key
        seen.add(key)


def duplicates():
    for path in _house.sources('.def'):
        rows = list(table(path))
        if os.path.basename(path) == 'keys.def':
            names = [f'[{r[1]}] {r[2]}' for r in rows if r[0] == 'KEY']
            names += [f'[{r[2]}]' for r in rows if r[0] == 'SECTION']
        else:
            names = [f'{r[0]} {r[1]}' for r in rows]
        for name in twice(names):
            yield f'{path}: {name} stands twice'
    slugs = [r[2] for r in table('filters/reasons.def')]
    for slug in twice(slugs):
        yield f'filters/reasons.def: the slug {slug} stands twice'


def unused_reasons(text):
    for _, name, slug in table('filters/reasons.def'):
        if not re.search(rf'\bREASON_{name}\b', text):
            yield f'filters/reasons.def: REASON_{name} ({slug}) is never given'


def unused_stats(text):
    for _, field, _ in table('proxy/stats.def'):
        if not re.search(rf'(->|\.|STATS?_|\()\s*{field}\b', text):
            yield f'proxy/stats.def: {field} is never counted'


def keys():
    sections = {}
    for macro, first, second in table('config/keys.def'):
        if macro == 'SECTION':
            sections[first] = second
        elif macro == 'KEY':
            yield sections.get(first, first), second


def undocumented():
    manual = '\n'.join(_house.text(p) for p in glob.glob(
        'docs/manual/**/*.md', recursive=True))
    for section, key in keys():
        if not re.search(rf'(?<![\w-]){re.escape(key)}(?![\w-])', manual):
            yield f'config/keys.def: [{section}] {key} is not in docs/manual/'
    for section in dict(keys()):
        if f'[{section}' not in manual:
            yield f'config/keys.def: [{section}] is not in docs/manual/'


def unknown_keys_in_docs():
    """A configuration shown in the documents must be one that works."""
    known = set(keys())
    known_sections = {s for s, _ in known}
    for path in ['README.md', *glob.glob('docs/manual/**/*.md',
                                         recursive=True)]:
        if not os.path.exists(path):
            continue
        for block in re.findall(r'^```ini\n(.*?)^```', _house.text(path),
                                re.S | re.M):
            section = None
            for line in block.splitlines():
                head = re.match(r'\[([\w-]+)', line)
                if head:
                    section = head.group(1)
                    if section not in known_sections:
                        yield f'{path}: there is no section [{section}]'
                key = re.match(r'([\w-]+)\s*=', line)
                if key and section in known_sections and \
                        key.group(1) != 'include' and \
                        (section, key.group(1)) not in known:
                    yield f'{path}: [{section}] has no key {key.group(1)}'


def main():
    report = _house.Report('defs')
    text = code()
    report.case('no_row_stands_twice', duplicates(), 'take one away')
    report.case('every_reason_is_given_somewhere', unused_reasons(text),
                'use it where it belongs, or take the row away')
    report.case('every_counter_counts', unused_stats(text),
                'count it, or take the row away')
    report.case('every_key_is_in_the_manual', undocumented(),
                'write its paragraph')
    report.case('the_manual_shows_only_keys_that_exist',
                unknown_keys_in_docs(), 'mend the example')
    report.end()


main()
