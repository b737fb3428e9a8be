"""tap.py - cases: `with case("name"):`; skip("name", "why"); done()."""
import contextlib
import sys
import time
import traceback

from . import alone  # before anything else: it may start us again

count = failed = 0


class Skip(Exception):
    """Raised inside a case that cannot be run here; says why."""


def _line(text):
    print(text, flush=True)


@contextlib.contextmanager
def case(name):
    """One case. Whatever is raised inside makes it fail; the next goes on."""
    global count, failed
    count += 1
    start = time.monotonic()
    try:
        yield
    except Skip as why:
        _line(f'ok {count} - {name} # SKIP {why}')
    except Exception as e:  # a broken harness is a failure too
        failed += 1
        for line in str(e).splitlines()[:40] or ['']:
            _line(f'# {line}'.rstrip())
        frames = [f for f in traceback.extract_tb(e.__traceback__)
                  if '/e2e/' in f.filename]
        for f in frames[-3:]:
            _line(f"# at {f.filename.split('/e2e/')[-1]}:{f.lineno}: {f.line}")
        _line(f'not ok {count} - {name}')
    else:
        seconds = time.monotonic() - start
        if seconds > 5:
            _line(f'# {seconds:.0f} s')
        _line(f'ok {count} - {name}')


def skip(name, why):
    with case(name):
        raise Skip(why)


def check(condition, text):
    """Like assert, but says what was found."""
    if not condition:
        raise AssertionError(text)


def equal(found, expected, what=''):
    if found != expected:
        raise AssertionError(
            f'{what + ": " if what else ""}found {found!r}, '
            f'expected {expected!r}')


def done():
    _line(f'1..{count}')
    sys.exit(1 if failed else 0)
