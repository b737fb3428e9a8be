#!/usr/bin/env python3
"""docs - short enough, no dead link, no command or file that is not there."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _house  # noqa: E402

README_LINES = 120
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
TOPS = {f.split('/')[0] for f in _house.FOLDERS} | {
    'tests', 'docs', 'packaging'}


def documents():
    return [p for p in ['README.md'] if os.path.exists(p)] + sorted(
        glob.glob('docs/**/*.md', recursive=True))


def anchor(heading):
    return re.sub(r'[^\w -]', '', heading.lower()).strip().replace(' ', '-')


def dead_links():
    for path in documents():
        for link in LINK.findall(_house.text(path)):
            if re.match(r'[a-z]+:', link):
                continue
            file, _, part = link.partition('#')
            target = os.path.normpath(os.path.join(
                os.path.dirname(path), file)) if file else path
            if not os.path.exists(target):
                yield f'{path}: {link} leads nowhere'
            elif part and target.endswith('.md') and part not in {
                    anchor(h) for h in re.findall(
                        r'^#+\s+(.*)$', _house.text(target), re.M)}:
                yield f'{path}: {link}: no such heading'


def lost_pages():
    """Who reads the manual's index finds each of its pages."""
    index = 'docs/manual/suzgi.md'
    for path in glob.glob('docs/manual/*.md'):
        name = os.path.basename(path)
        if path != index and f']({name}' not in _house.text(index):
            yield f'{path}: {index} does not lead there'


def missing_files():
    """`proxy/txn_fsm.c` in a text must be there; `proxy/` and `x/*.h` too."""
    for path in documents():
        for name in re.findall(r'`([\w./*-]+)`', _house.text(path)):
            top = name.split('/')[0]
            if '/' in name and top in TOPS and not _house.exists_any(name):
                yield f'{path}: {name} is not there'


def commands():
    """What `suzgi` knows: the rows in cli/main.c, or the declared ones."""
    found = set(re.findall(r'\bcmd_(\w+)\b', '\n'.join(
        _house.text(p) for p in _house.sources('.c', '.h')
        if p.startswith('cli/'))))
    return found


def unknown_commands():
    known = commands()
    for path in documents():
        for name in re.findall(r'(?:`|^\s*\$? *|sudo |/)suzgi ([a-z]+)\b',
                               _house.text(path), re.M):
            if name not in known:
                yield f'{path}: there is no command suzgi {name}'


def targets():
    text = _house.text('Makefile') + _house.text('tests/tests.mk')
    names = set(re.findall(r'\.PHONY:((?:.|\\\n)*?)(?<!\\)\n', text))
    return {w for n in names for w in n.replace('\\', ' ').split()}


def unknown_targets():
    known = targets()
    for path in documents():
        for name in re.findall(r'(?:`|^\s*\$? *)make ([a-z][\w-]*)\b',
                               _house.text(path), re.M):
            if name not in known:
                yield f'{path}: there is no make {name}'


def unheard_changes():
    for path in glob.glob('docs/changes/*'):
        n = _house.text(path).count('\n')
        if n > 8:
            yield f'{path}: {n} lines; one to three, in the user\'s words'


def scripts():
    out = subprocess.run(['git', 'ls-files', '*.sh', '.ci/run'],
                         capture_output=True, text=True).stdout.split()
    for path in out:
        first = _house.text(path).split('\n')[0]
        shell = 'bash' if 'bash' in first else 'sh'
        done = subprocess.run([shell, '-n', path], capture_output=True,
                              text=True)
        if done.returncode:
            yield f'{path}: {done.stderr.strip()}'
        if not os.access(path, os.X_OK):
            yield f'{path}: cannot be run'


def main():
    report = _house.Report('docs')
    there = os.path.exists('README.md')
    lines = _house.text('README.md').count('\n') if there else 0
    report.case('the_readme_is_there_and_short', [
        f for f in [
            None if there else 'README.md is not there',
            f'README.md: {lines} lines, at most {README_LINES}'
            if lines > README_LINES else None] if f],
        'move what is for later to docs/manual/')
    report.case('links_lead_somewhere', dead_links(), 'mend the link')
    report.case('each_page_of_the_manual_is_found', lost_pages(),
                'give it a row in the index')
    report.case('files_named_are_there', missing_files(),
                'name what is there')
    report.case('commands_named_exist', unknown_commands(),
                'name one of: ' + ' '.join(sorted(commands())))
    report.case('make_targets_named_exist', unknown_targets(),
                'name one of: ' + ' '.join(sorted(targets())))
    report.case('changes_are_short', unheard_changes(), 'shorten it')
    report.case('scripts_parse_and_can_be_run', scripts(), 'mend it')
    report.end()


main()
