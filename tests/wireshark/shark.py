"""What tshark says of a capture with the dissector of this tree."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77
HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, os.pardir, os.pardir, "tools", "wireshark", "netaio.lua")

if not shutil.which("tshark"):
    print("skipped: there is no tshark; scripts/setup --dev installs it")
    sys.exit(SKIPPED)


class SharkTest(unittest.TestCase):
    """Each test has an empty folder, which is also the home of the tshark that it runs."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="netaio-wireshark-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.keys = None  # a key log

    def file(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o600)
        return path

    def shark(self, capture, *options, cut=None):
        """Its output, which has nothing of errors in the dissector."""
        path = capture.write(self.file("capture.pcap"), cut)
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("NETAIO_KEYLOG", "XDG_CONFIG_HOME")}
        environment |= {"HOME": self.folder, "LC_ALL": "C.UTF-8"}
        if self.keys:
            environment["NETAIO_KEYLOG"] = self.keys
        done = subprocess.run(
            ["tshark", "-n", "-2", "-X", f"lua_script:{SCRIPT}", "-r", path, *options],
            env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=300)
        for said in (done.stdout, done.stderr):
            for trouble in ("Lua", "Dissector bug", "netaio.lua", "netaio_"):
                self.assertNotIn(trouble, said)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def lines(self, capture, *options):
        """The info column of each packet that is of netaio."""
        out = self.shark(capture, "-Y", "netaio", "-T", "fields", "-e", "_ws.col.Info", *options)
        return out.splitlines()

    def fields(self, capture, *names, chosen="netaio", options=(), cut=None):
        """Of each packet that is chosen a tuple with the value of each field, or a list of them
        where there are several."""
        wanted = [word for name in names for word in ("-e", name)]
        out = self.shark(capture, "-Y", chosen, "-T", "fields", "-E", "aggregator=\x1f", *wanted,
                         *options, cut=cut)
        rows = [line.split("\t") for line in out.splitlines()]
        return [tuple(value if "\x1f" not in value else value.split("\x1f") for value in row)
                for row in rows]

    def problems(self, capture, **arguments):
        """What each packet with expert information has of it."""
        return [row[0] for row in self.fields(capture, "_ws.expert.message",
                                              chosen="netaio && _ws.expert", **arguments)]
