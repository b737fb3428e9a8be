"""SM: where a message ends. What two readers could cut differently is
refused, whole, before a byte of it goes anywhere."""
from lib.rows import Answers, AnyOf, Refuse, RefuseBody, Served, text
from lib.tap import check, equal

ROWS = []
HELLO = b'Content-Length: 5\r\n\r\nhello'


def row(name, what, data, expected):
    ROWS.append((name, what, data, expected))


def body_is(body):
    def look(requests, _):
        equal([r.body for r in requests], [body], 'bodies at the site')
    return look


row('SM-01', 'length and chunked',
    b'{P}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n'
    b'0\r\n\r\nG', Refuse())
row('SM-02', 'chunked and length, a request in the chunk',
    b'{P}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n'
    b'{hexX}\r\n{X}\r\n0\r\n\r\n', Refuse())
row('SM-03', 'chunked, identity, length',
    b'{P}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n' +
    HELLO, Refuse())
row('SM-03', 'identity, chunked, length',
    b'{P}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n' +
    HELLO, Refuse())
row('SM-03', 'chunked twice in two lines',
    b'{P}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n'
    b'0\r\n\r\n', Refuse())
for v in (b'chunked, chunked', b'chunked, gzip', b'chunked, gzip, chunked',
          b'gzip', b'xchunked', b'cow', b'chunked;q=1', b'"chunked"',
          b'chunked chunked', b'gzip, chunked', b'identity', b'deflate',
          b'chunked,identity'):
    row('SM-05', text(v), b'{P}Transfer-Encoding: ' + v +
        b'\r\n\r\n0\r\n\r\n', Refuse(400, 501))
for b in (0x01, 0x04, 0x08, 0x0b, 0x0c, 0x1f, 0x7f, 0xa0, 0x85, 0xff, 0x00):
    c = bytes([b])
    row('SM-06', f'{b:02x} before chunked',
        b'{P}Transfer-Encoding: ' + c + b'chunked\r\n' + HELLO, Refuse())
    row('SM-06', f'{b:02x} behind chunked',
        b'{P}Transfer-Encoding: chunked' + c + b'\r\n' + HELLO, Refuse())
    row('SM-06', f'{b:02x} behind the name',
        b'{P}Transfer-Encoding' + c + b': chunked\r\n' + HELLO, Refuse())
for v in (b',chunked', b'chunked,', b', chunked', b''):
    row('SM-06', 'value ' + (text(v) or 'empty'),
        b'{P}Transfer-Encoding: ' + v + b'\r\n' + HELLO, Refuse())
row('SM-07', 'blank before the colon of Transfer-Encoding',
    b'{P}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n', Refuse())
row('SM-07', 'blank before the colon of Content-Length',
    b'{P}Content-Length : 5\r\n\r\nhello', Refuse())
row('SM-07', 'tab before the colon of Content-Length',
    b'{P}Content-Length\t: 5\r\n\r\nhello', Refuse())
row('SM-07', 'blank before the colon of Host',
    b'GET http://good.test{O}/ HTTP/1.1\r\nHost : good.test{O}\r\n\r\n',
    Refuse())
row('SM-08', 'folded Transfer-Encoding',
    b'{P}Transfer-Encoding:\r\n chunked\r\n' + HELLO, Refuse())
row('SM-08', 'folded Content-Length',
    b'{P}Content-Length:\r\n\t5\r\n\r\nhello', Refuse())
row('SM-09', 'Transfer_Encoding is no Transfer-Encoding',
    b'{P}Transfer_Encoding: chunked\r\n' + HELLO, Served(1, body_is(b'hello')))
row('SM-10', 'tab and capital are legal',
    b'{P}Transfer-Encoding:\tChunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    Served(1, body_is(b'hello')))
row('SM-11', 'chunked in HTTP/1.0, with a length',
    b'POST http://good.test{O}/ HTTP/1.0\r\nHost: good.test{O}\r\n'
    b'Transfer-Encoding: chunked\r\n' + HELLO, Refuse())
row('SM-11', 'chunked in HTTP/1.0',
    b'POST http://good.test{O}/ HTTP/1.0\r\nHost: good.test{O}\r\n'
    b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', Refuse())
row('SM-12', 'two lengths that differ',
    b'{P}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', Refuse())
row('SM-12', 'two lengths that agree',
    b'{P}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello', Refuse())
for v in (b'5, 10', b'5, 5', b'5,', b',5', b'5,5'):
    row('SM-13', text(v), b'{P}Content-Length: ' + v + b'\r\n\r\nhello',
        Refuse())
for v in (b'+5', b'-5', b'-0', b'0x5', b'0o5', b'5_0', b'5 0', b'5x', b'5.0',
          b'"5"', '٥'.encode(), b'1Z', b'5;a', b'', b' ', b'5\x00', b'5\x0b',
          b'five', b'1e1', b'5\xa0'):
    row('SM-14', 'length ' + (text(v).strip() or f'of {len(v)} blanks'),
        b'{P}Content-Length: ' + v + b'\r\n\r\nhello', Refuse())
row('SM-15', 'an empty length, then one',
    b'{P}Content-Length: \r\nContent-Length: {lenX}\r\n\r\n{X}', Refuse())
for v in (b'18446744073709551616', b'18446744073709551621',
          b'9223372036854775808', b'99999999999999999999999999'):
    row('SM-16', 'length ' + text(v),
        b'{P}Content-Length: ' + v + b'\r\n\r\nhello', Refuse(400, 413))
row('SM-17', 'a length with leading zeros is decimal',
    b'{P}Content-Length: 005\r\n\r\nhello', Served(1, body_is(b'hello')))
row('SM-17', 'never octal',
    b'{P}Content-Length: 0200\r\n\r\n' + b'y' * 200,
    Served(1, body_is(b'y' * 200)))
for s in (b'0x5', b'0X5', b'+5', b'-5', b' 5', b'\t5', b'5 ', b'1_0', b'5g',
          b'5;', b'', '٥'.encode(), b'5\x00', b'G', b'5\x0b', b'5,',
          b'00000000000000005x', b'\xa05'):
    row('SM-19', 'chunk size ' + (text(s) or 'empty'),
        b'{C}' + s + b'\r\nhello\r\n0\r\n\r\n', RefuseBody())
for s in (b'10000000000000000', b'10000000000000005', b'FFFFFFFFFFFFFFFFF',
          b'fffffffffffffffff0', b'00000000000000000000000000005'):
    row('SM-20', 'chunk size ' + text(s),
        b'{C}' + s + b'\r\nhello\r\n0\r\n\r\n', RefuseBody(400, 413))
for v in (b'5\nhello\r\n0\r\n\r\n', b'5\r\nhello\n0\r\n\r\n',
          b'5\r\nhello\r\n0\n\n', b'0\r\n\n', b'5;\nhello\r\n0\r\n\r\n',
          b'5\r\nhello\r\n0\n\r\n', b'5;a=b\nhello\r\n0\r\n\r\n'):
    row('SM-21', text(v), b'{C}' + v, RefuseBody())
for v in (b'5\rXhello\r\n0\r\n\r\n', b'5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n',
          b'2\r\r;a\r\n02\r\n41\r\n0\r\n\r\n',
          b'41;a=b\r\rXXXX\r\n0\r\n\r\n', b'5\r\nhello\rX0\r\n\r\n',
          b'5\r\nhello\r\n0\r\n\rX'):
    row('SM-22', text(v), b'{C}' + v, RefuseBody())


def no_extension(requests, _):
    equal(requests[0].body, b'hello', 'body')


for v in (b'5;a=b', b'5;a="q\\"x"', b'5 ; a = b', b'5;a', b'5;a=b;c=d'):
    row('SM-23', text(v), b'{C}' + v + b'\r\nhello\r\n0\r\n\r\n',
        Served(1, no_extension))
for v in (b'5;a="b', b'5;a=\x01', b'5;a=\x7f', b'5;\x00'):
    row('SM-24', text(v), b'{C}' + v + b'\r\nhello\r\n0\r\n\r\n',
        RefuseBody())
row('SM-25', 'an extension of 64 KiB',
    b'{C}1;a=' + b'x' * 65536 + b'\r\nZ\r\n0\r\n\r\n', RefuseBody(400, 413))
row('SM-25', 'an extension for each byte',
    b'{C}' + (b'1;a=' + b'x' * 200 + b'\r\nZ\r\n') * 5000 + b'0\r\n\r\n',
    RefuseBody(400, 413))
for v in (b'5\r\nhello!!\r\n0\r\n\r\n', b'5\r\nhello0\r\n\r\n',
          b'1\r\nZ\r\n\r\n0\r\n\r\n', b'4\r\nhello\r\n0\r\n\r\n'):
    row('SM-26', text(v), b'{C}' + v, RefuseBody())


def no_trailer(requests, _):
    check(not requests[0].has('x') and b'bad.test' not in requests[0].raw,
          f'the trailer reached the site: {requests[0].raw!r}')


row('SM-27', 'a trailer like a request is dropped',
    b'{C}0\r\nX:POST http://bad.test/ HTTP/1.1\r\n\r\n',
    Served(1, no_trailer))
row('SM-27', 'two other bytes do not end the message', b'{C}0\r\nXX\r\n\r\n',
    RefuseBody())
for v in (b'Content-Length: 5', b'Host: bad.test', b'Transfer-Encoding: x'):
    row('SM-28', 'trailer ' + text(v), b'{C}5\r\nhello\r\n0\r\n' + v +
        b'\r\n\r\n', AnyOf(RefuseBody(), Served(1, no_trailer)))
row('SM-29', 'a megabyte of trailers',
    b'{C}0\r\n' + b'X: yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n' * 32768 + b'\r\n',
    RefuseBody(400, 413, 431))
row('SM-29', 'a trailer of a megabyte',
    b'{C}0\r\nX: ' + b'y' * (1 << 20) + b'\r\n\r\n',
    RefuseBody(400, 413, 431))
row('SM-31', 'two requests in one segment get two verdicts, in order',
    b'{G}\r\n{X}', Answers([200, 403], 1))
row('SM-32', 'three in one segment, the middle one malformed',
    b'{G}\r\nGET http://good.test{O}/ HTTP/1.1\r\nHost:\x00\r\n\r\n{G}\r\n',
    Answers([200, 400], 1, ends=True))


def body_x(requests, _):
    check(requests[0].body.startswith(b'GET http://bad.test'),
          f'body {requests[0].body!r}')


for m in (b'GET', b'HEAD', b'OPTIONS', b'DELETE'):
    row('SM-34' if m == b'GET' else 'SM-35', text(m) + ' with a body',
        m + b' http://good.test{O}/ HTTP/1.1\r\nHost: good.test{O}\r\n'
        b'Content-Length: {lenX}\r\n\r\n{X}',
        AnyOf(Served(1, body_x), RefuseBody()))
row('SM-35', 'TRACE with a body',
    b'TRACE http://good.test{O}/ HTTP/1.1\r\nHost: good.test{O}\r\n'
    b'Content-Length: 5\r\n\r\nhello', Refuse(400, 405, 501))
for what, v in (('another one before', b'Expect: y 100-continue\r\n'),
                ('another one behind', b'Expect: 100-continue, x\r\n'),
                ('unknown', b'Expect: 200-ok\r\n')):
    row('SM-38', 'Expect, ' + what,
        b'{P}' + v + HELLO, Refuse(417, 400))
row('SM-38', 'two Expect lines, twice',
    (b'{P}Expect: 100-continue\r\nExpect: 100-continue\r\n' + HELLO) * 2,
    AnyOf(Refuse(417, 400), Served(2)))
row('SM-38', 'Expect in HTTP/1.0 is ignored',
    b'POST http://good.test{O}/ HTTP/1.0\r\nHost: good.test{O}\r\n'
    b'Expect: 100-continue\r\n' + HELLO, Served(1, body_is(b'hello')))
row('SM-38', 'a folded Expect',
    b'{P}Expect:\r\n 100-continue\r\n' + HELLO, Refuse())
row('SM-41', 'one empty line before a request', b'\r\n{G}\r\n', Served(1))
row('SM-41', 'many empty lines', b'\r\n' * 1000 + b'{G}\r\n', Refuse())
row('SM-42', 'a blank begins the first header',
    b'GET http://good.test{O}/ HTTP/1.1\r\n Content-Length: 5\r\n'
    b'Host: good.test{O}\r\n\r\nhello', Refuse())
row('SM-42', 'a tab begins the first header',
    b'GET http://good.test{O}/ HTTP/1.1\r\n\tX: y\r\n'
    b'Host: good.test{O}\r\n\r\n', Refuse())
row('SM-43', 'an empty line that is none',
    b'{G}\r\n\rZGET http://bad.test/ HTTP/1.1\r\n\r\n',
    AnyOf(Refuse(), Answers([200, 400], 1, ends=True)))
row('SM-44', 'CR CR LF ends no line', b'{G}X: y\r\r\n\r\n', Refuse())
