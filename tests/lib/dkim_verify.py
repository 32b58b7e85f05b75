"""Does a mail's DKIM signature hold? By dkimpy, which shares no line with libopendkim.

dkim_verify.py NAME RECORD < mail: exit 0 when it does, by that one record of the DNS; NAME is asked for exactly so.
"""
import sys

import dkim

NAME, RECORD = sys.argv[1].encode() + b".", sys.argv[2].encode()


def lookup(name, timeout=5):
    return RECORD if name == NAME else None


try:
    sys.exit(0 if dkim.verify(sys.stdin.buffer.read(), dnsfunc=lookup) else 1)
except dkim.DKIMException as error:
    print(error, file=sys.stderr)
    sys.exit(1)
