#!/usr/bin/env python3
"""The tool offers sessions to servers on the reference, which know none: each is asked as before,
whether or not it has a handler for whatever is asked. Usage: sessions.py TOOL"""

import asyncio
import json
import os
import subprocess
import sys

import references
from processes import Program

HERE = os.path.dirname(os.path.abspath(__file__))
SECRETS = ("--hmac", "secret", "--cipher", "key")
LIMIT_S = 20


async def answer_of(tool, reference, secrets, one_uri):
    greeter = await Program.start(
        sys.executable, os.path.join(HERE, "reference_greeter.py"), *secrets,
        *(["--one-uri"] if one_uri else []), environment=reference.environment)
    port = json.loads(await greeter.line(LIMIT_S))["port"]
    asked = await asyncio.create_subprocess_exec(
        tool, "request", "greeting", "--server", f"127.0.0.1:{port}", "--session", "offer",
        "--dialect", reference.version, *secrets,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, _ = await asyncio.wait_for(asked.communicate(), LIMIT_S)
    greeter.process.stdin.close()
    await greeter.wait(LIMIT_S)
    return said.decode()


async def main(tool):
    wrong = 0
    found, _ = references.find()
    for reference in found:
        for secrets in ((), SECRETS):
            for one_uri in (False, True):
                said = await answer_of(tool, reference, secrets, one_uri)
                what = "one uri" if one_uri else "all requests"
                name = f"{reference.version}, {'HMAC and cipher' if secrets else 'plain'}, {what}"
                print(f"    {name}: {'ok' if said == 'hello' else repr(said)}", flush=True)
                wrong += said != "hello"
    print(f"sessions offered to {len(found)} versions of the reference: "
          f"{wrong or 'none'} answered otherwise than before")
    return 1 if wrong else 0


sys.exit(asyncio.run(main(sys.argv[1])))
