#!/usr/bin/env python3
"""Run tests, count their cases, end with "N passed, N failed, N skipped".

usage: run.py --build DIR [--profile P] [--build-failed 0|1] SUITE...

A suite is check, unit, fuzz, e2e, or a part of one: check/size, unit/lists,
e2e/basics. Everything speaks TAP ("ok 1 - name", "not ok 2 - name",
"ok 3 - name # SKIP why"); the cases are counted, not the programs. A program
that dies, hangs or says nothing is a failed case of its own.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import time

TIMEOUT = 600  # of one program; far beyond what any needs
TAP = re.compile(r'^(not )?ok\b\s*\d*\s*(?:- )?(.*?)'
                 r'(?:\s*#\s*SKIP\b:?\s*(.*))?$', re.I)
SHOWN = 80  # lines of a failed program's output


class Result:
    def __init__(self, name):
        self.name = name
        self.passed, self.failed, self.skipped = 0, [], []
        self.output, self.seconds = '', 0.0


def count(result, text, status):
    said = 0
    for line in text.splitlines():
        found = TAP.match(line)
        if not found:
            continue
        bad, name, why = found.groups()
        said += 1
        if why is not None:
            result.skipped.append((name or why, why))
        elif bad:
            result.failed.append(name)
        else:
            result.passed += 1
    if status != 0 and not result.failed:
        result.failed.append('died: ' + (signal.Signals(-status).name
                             if status < 0 else f'exit status {status}'))
    elif not said:
        result.failed.append('said nothing')


def run(name, command, env):
    result, start = Result(name), time.monotonic()
    if not os.path.exists(command[0]):
        result.failed.append('was not built')
        return result
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=env,
                               stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.STDOUT, errors='replace',
                               start_new_session=True)
    try:
        text, _ = process.communicate(timeout=TIMEOUT)
        count(result, text, process.returncode)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate()
        count(result, text, 0)
        result.failed.append(f'did not end in {TIMEOUT} s')
    result.output, result.seconds = text, time.monotonic() - start
    return result


def programs(suite, build):
    """Yield (name, command) of a suite or a part of it."""
    kind, _, part = suite.partition('/')
    python = sys.executable
    if kind == 'check':
        for path in sorted(glob.glob('tests/check/*.py')):
            name = os.path.basename(path)[:-3]
            if not name.startswith('_') and part in ('', name):
                yield f'check/{name}', [python, path, build]
    elif kind in ('unit', 'tables'):
        for path in sorted(glob.glob('tests/unit/**/*_test.c',
                                     recursive=True)):
            name = path[len('tests/unit/'):-2]
            if name.startswith(part) and (
                    kind == 'unit' or 'table' in name):
                yield f'unit/{name}', [f'{build}/unit/{name}']
    elif kind == 'fuzz':
        for path in sorted(glob.glob('tests/fuzz/fuzz_*.c')):
            name = os.path.basename(path)[len('fuzz_'):-2]
            corpus = f'tests/fuzz/corpus/{name}'
            if part in ('', name):
                yield f'fuzz/{name}', [f'{build}/replay/{name}'] + (
                    [corpus] if os.path.isdir(corpus) else [])
    elif kind == 'e2e':
        for path in sorted(glob.glob('tests/e2e/test_*.py')):
            name = os.path.basename(path)[len('test_'):-3]
            if part in ('', name):
                yield f'e2e/{name}', [python, path, build]
    else:
        sys.exit(f'run.py: no suite called {kind}')


def show(result):
    word = 'FAIL' if result.failed else 'ok  '
    extra = f', {len(result.skipped)} skipped' if result.skipped else ''
    print(f'{word} {result.name:<32} {result.passed:>5}{extra}'
          f'  ({result.seconds:.1f} s)', flush=True)
    if not result.failed:
        return
    lines = [line for line in result.output.splitlines()
             if not re.match(r'^ok\b|^\d+\.\.\d+$', line)]
    for line in lines[:SHOWN]:
        print('     | ' + line)
    if len(lines) > SHOWN:
        print(f'     | ... {len(lines) - SHOWN} lines more')


def together(skipped):
    """The skipped cases of one program and one reason."""
    found = {}
    for name, case, why in skipped:
        found.setdefault((name, why), []).append(case)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--profile', default='dev')
    parser.add_argument('--build-failed', type=int, default=0)
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('suites', nargs='+')
    args = parser.parse_args()
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT='TAP', LC_ALL='C.UTF-8',
               SUZGI_PROFILE=args.profile, PYTHONDONTWRITEBYTECODE='1')
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    results = []
    if args.build_failed:
        results.append(Result('build'))
        results[0].failed.append('the build failed; see above')
    work = [p for suite in args.suites for p in programs(suite, args.build)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done in concurrent.futures.as_completed(
                pool.submit(run, name, command, env)
                for name, command in work):
            results.append(done.result())
            show(results[-1])
    passed = sum(r.passed for r in results)
    skipped = [(r.name, *s) for r in results for s in r.skipped]
    failed = [(r.name, f) for r in results for f in r.failed]
    for (name, why), cases in together(skipped).items():
        print(f'skip {name}: {cases[0]}' + (
            f' and {len(cases) - 1} more' if len(cases) > 1 else '') + (
            f': {why}' if why != cases[0] else ''))
    for name, case in failed:
        print(f'FAIL {name}: {case}')
    print(f'{passed} passed, {len(failed)} failed, {len(skipped)} skipped',
          flush=True)
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
